# leader alone:                                            docker build --tag leader .
# and with kubectl, for kubernetes/follow-leader.yaml:     docker build --target kubectl --tag leader-kubectl .
#
# leader run starts itself once more, as the guardian of its command, through /proc: every container
# has that, a bare chroot has not. Its command needs more than the binary; copy that into an image of
# your own:
#   COPY --from=leader /leader /usr/local/bin/leader

# build makes a static binary: there is no C library in an empty image. With .git there, the commit is noted in it.
FROM golang:1.26-alpine AS build
RUN apk add --no-cache ca-certificates git
WORKDIR /source
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /leader ./cmd/leader

# kubectl is an image with a shell and kubectl, for commands that tell Kubernetes who leads.
FROM alpine:3.22 AS kubectl
RUN apk add --no-cache ca-certificates kubectl
COPY --from=build /leader /usr/local/bin/leader
USER 65532:65532
ENTRYPOINT ["leader"]

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /leader /leader
USER 65532:65532
ENTRYPOINT ["/leader"]
