package main

// guardianMutants let a command of leader run outlive its lease.
var guardianMutants = []mutant{
	{"a command may live as long as it likes",
		in("internal/guardian/keeper.go", "case k.killing, k.lease.Kill.Left() <= 0, k.asked && k.endBy.Left() <= 0:", "case false:"), leader("Frozen|Stubborn")},
	{"what has left the command's process group is let live",
		in("internal/guardian/process_linux.go", "if !found.dead && all.isBelow(pid, os.Getpid(), spared) {", "if found.dead && all.isBelow(pid, os.Getpid(), spared) {"), leader("F31NothingOutside")},
	{"the guardian is frozen together with the process group",
		in("internal/guardian/guardian.go", "SysProcAttr: &syscall.SysProcAttr{Setpgid: true},", "SysProcAttr: &syscall.SysProcAttr{},"), leader("Frozen")},
	{"the guardian is ended by the signals that end the service",
		in("internal/guardian/keeper.go", "\tstayAlive()\n", ""), leader("GuardianIsNotEnded")},
	{"what a killed guardian leaves behind is let live",
		in("internal/guardian/guardian.go", "\tawait(0, g.spared)\n", ""), leader("KilledGuardian")},
	{"a frozen guardian is waited for",
		in("cmd/leader/runner.go", "\t\t\t\tcommand.Kill()\n", ""), leader("FrozenGuardian")},
	{"the command of a killed leader goes on until the lease ends",
		in("internal/guardian/keeper.go", "k.askToEnd(k.onLose, k.grace) // nobody", "// nobody"), leader("KilledLeadersCommand")},
	{"a command is started after its lease",
		in("internal/guardian/keeper.go", "if k.lease.Ask.Left() <= 0 || k.lease.Kill.Left() <= 0 {", "if false {"), []suite{{"./internal/guardian", "NotStarted"}}},
	{"a guardian that does not react is waited for",
		in("internal/guardian/guardian.go", "case <-time.After(startPatience):", "case <-time.After(1000 * startPatience):"), leader("Spare")},
	{"orphans of a command are never reaped",
		in("internal/guardian/keeper.go", "\t\t\treapOrphans(k.process.pid())\n", ""), leader("Orphans")},
	{"what leader did not start is killed with the command",
		in("internal/guardian/guardian.go", "await(0, g.spared)", "await(0, nil)"), leader("OtherChildren")},
	{"a command's lease counts from the answer",
		in("cmd/leader/lease.go", "sent = event.Time.Add(-event.Elapsed)", "sent = event.Time"), leader("TimeToKill")},
}
