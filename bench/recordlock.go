package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

type recordsClient struct {
	http.Client
	base string
}

// newRecordsClient keeps a connection for each of many elections, as HTTP/2 would
// carry them all on one.
func newRecordsClient(address string) *recordsClient {
	transport := &http.Transport{MaxIdleConns: 64, MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}
	return &recordsClient{http.Client{Transport: transport}, "http://" + address + "/"}
}

func (c *recordsClient) Close() error {
	c.CloseIdleConnections()
	return nil
}

// recordLock is a resourcelock.Interface like LeaseLock: it updates the version that
// it has seen last.
type recordLock struct {
	client  *recordsClient
	key, id string
	limit   time.Duration
	version int
}

var (
	_        resourcelock.Interface = (*recordLock)(nil)
	resource                        = schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}
)

// Get returns the version with the raw record: two renewals of the same second look
// the same without, and followers would take the lease to be older than it is.
func (l *recordLock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	raw, err := l.ask(ctx, http.MethodGet, nil)
	if err != nil {
		return nil, nil, err
	}
	var found record
	var election resourcelock.LeaderElectionRecord
	if err := json.Unmarshal(raw, &found); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(found.Body, &election); err != nil {
		return nil, nil, err
	}
	l.version = found.Version
	return &election, raw, nil
}

func (l *recordLock) Create(ctx context.Context, election resourcelock.LeaderElectionRecord) error {
	l.version = 0
	return l.Update(ctx, election)
}

func (l *recordLock) Update(ctx context.Context, election resourcelock.LeaderElectionRecord) error {
	body, err := json.Marshal(election)
	if err != nil {
		return err
	}
	wanted, err := json.Marshal(record{Version: l.version, Body: body})
	if err != nil {
		return err
	}
	if _, err = l.ask(ctx, http.MethodPut, wanted); err == nil {
		l.version++
	}
	return err
}

func (l *recordLock) RecordEvent(string) {}
func (l *recordLock) Identity() string   { return l.id }
func (l *recordLock) Describe() string   { return l.key }

func (l *recordLock) ask(ctx context.Context, method string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, l.limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, l.client.base+l.key, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := l.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil {
		return nil, err
	}
	switch response.StatusCode {
	case http.StatusOK:
		return answer.Bytes(), nil
	case http.StatusNotFound:
		return nil, apierrors.NewNotFound(resource, l.key)
	case http.StatusConflict:
		return nil, apierrors.NewConflict(resource, l.key, fmt.Errorf("not version %d", l.version))
	default:
		return nil, fmt.Errorf("records: %s", response.Status)
	}
}
