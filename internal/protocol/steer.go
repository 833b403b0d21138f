package protocol

import (
	"context"
	"fmt"

	"example.com/leaderelection"
)

// absent is the verdict of steer.lua that is none of a State's.
const absent = "absent"

// Steer has an order filed.
func (s *Store) Steer(ctx context.Context, key string, order leaderelection.Order) (leaderelection.State, error) {
	if err := checkNames(map[string]string{"Order.By": order.By, "Order.To": order.To}); err != nil {
		return leaderelection.State{}, err
	}
	if order.For > maxDuration {
		return leaderelection.State{}, fmt.Errorf("redis: a pause of %v: use at most %v, which is ten years", order.For, maxDuration)
	}
	k := keysOf(key)
	reply, err := s.run(steerScript, k.list(), []string{
		order.Kind.String(), order.By, order.To, milliseconds(order.For), flag(order.KeepLeader), k.events, decimal(order.Term),
	}, s.eval(ctx))
	if err != nil {
		return leaderelection.State{}, err
	}
	fields, isList := reply.([]any)
	notPresent := isList && len(fields) > 0 && fields[0] == absent
	if notPresent {
		fields[fieldVerdict] = leaderelection.Held.String()
	}
	state, err := stateOf(reply, k.list())
	if err == nil && notPresent {
		err = fmt.Errorf("%w: %q is not present in %q", leaderelection.ErrNotCandidate, order.To, key)
	}
	return state, err
}
