package nemesis

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// inNamespace in its environment says that this program runs in a network
// namespace of its own.
const inNamespace = "NEMESIS_NAMESPACE"

// enterNamespace runs this program once more in a network namespace of its own,
// where packets can be lost without harm to anybody else, and ends with that one's
// status. It returns where that is not allowed (it takes root) or the tools are
// missing: then no packets are lost.
func enterNamespace() {
	if os.Getenv(inNamespace) != "" || losesPackets() != nil {
		return
	}
	runtime.LockOSThread() // with which the other program would end
	again := exec.Command(os.Args[0], os.Args[1:]...)
	again.Env = append(os.Environ(), inNamespace+"=1")
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	err := again.Run()
	exited := (*exec.ExitError)(nil)
	switch {
	case err == nil:
		os.Exit(0)
	case errors.As(err, &exited):
		os.Exit(max(1, exited.ExitCode()))
	}
}

// losesPackets returns why no packets can be lost here, nil if they can.
func losesPackets() error {
	if os.Geteuid() != 0 {
		return errors.New("a network namespace takes root")
	}
	// A namespace that is made for the question, and gone with the answer.
	try := exec.Command("nft", "-f", "-")
	try.Stdin = strings.NewReader(lossRules(1))
	try.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if output, err := try.CombinedOutput(); err != nil {
		return errors.New(strings.TrimSpace(string(output) + err.Error()))
	}
	return nil
}

// prepareNamespace switches the loopback interface on, which a new namespace has
// switched off.
func prepareNamespace() error {
	if os.Getenv(inNamespace) == "" {
		return nil
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	loopback.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, loopback)
}
