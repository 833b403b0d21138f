package main

// guardianMutants let a command of leader run outlive its lease.
var guardianMutants = []mutant{
	{"a command may live as long as it likes",
		in("internal/guardian/keeper.go", "case k.lease.Kill.Left() <= 0, k.asked && k.endBy.Left() <= 0:", "case false:"), leader("Frozen|Stubborn")},
	{"what has left the command's process group is let live",
		in("internal/guardian/process.go", "return killDescendants() && groupIsEmpty(p.pid())", "return groupIsEmpty(p.pid())"), leader("F31NothingOutside")},
	{"the guardian is frozen together with the process group",
		in("internal/guardian/guardian.go", "ExtraFiles:  []*os.File{ordersOut, reportsIn}, // ordersFile, reportsFile\n\t\t\tSysProcAttr: &syscall.SysProcAttr{Setpgid: true},", "ExtraFiles:  []*os.File{ordersOut, reportsIn},\n\t\t\tSysProcAttr: &syscall.SysProcAttr{},"), leader("Frozen")},
	{"the guardian is ended by the signals that end the service",
		in("internal/guardian/keeper.go", "\tstayAlive()\n", ""), leader("GuardianIsNotEnded")},
	{"what a killed guardian leaves behind is let live",
		in("internal/guardian/guardian.go", "\tif running { // an orphan", "\tif false && running { // an orphan"), leader("KilledGuardian")},
	{"a frozen guardian is waited for",
		in("cmd/leader/runner.go", "\t\t\t\tcommand.Kill()\n", ""), leader("FrozenGuardian")},
	{"the command of a killed leader goes on until the lease ends",
		in("internal/guardian/keeper.go", "k.askToEnd(k.onLose, k.grace) // nobody", "// nobody"), leader("KilledLeadersCommand")},
	{"a command's lease counts from the answer",
		in("cmd/leader/lease.go", "sent = event.Time.Add(-event.Elapsed)", "sent = event.Time"), leader("TimeToKill")},
}
