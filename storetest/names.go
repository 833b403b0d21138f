package storetest

import (
	"fmt"

	"example.com/leaderelection"
)

// electionsAreIndependent: however alike their names are.
func electionsAreIndependent(t *trial) {
	name := t.newKey()
	keys := []string{name, name + "2", name + ":2", name + " ", " " + name, "{" + name + "}", "{other}" + name}
	leases := make([]*lease, len(keys))
	for i, key := range keys {
		t.settle(key)
		leases[i] = t.candidate(key, fmt.Sprint("leader-", i), long).win()
	}
	leases[0].release()
	for i, l := range leases[1:] {
		l.untouched(fmt.Sprintf("the elections %q (the release of %q)", keys, keys[0]), leases[i+1].granted)
	}
	leases[0] = t.candidate(keys[0], "next-leader-0", long).win()
	leases[0].untouched("a handover beside other elections", leases[0].granted)
}

// anyNameWillDo: names of elections and instances are the user's business (F20, F36).
func anyNameWillDo(t *trial) {
	for _, format := range []string{
		"{app}:lock:%s", "{%s}", "a}b:%s", "a{b:%s", "{}%s", "}{%s", "{{%s}}", "%s{", "{%s",
		"with spaces %s", "tab\tand\nnewline %s", `"quotes' and \backslash %s`, "%s:замок:鎖:🔒", "[[%s]]", "*?%s", "%%s%s", "nul\x00%s",
	} {
		name := fmt.Sprintf(format, t.newKey())
		t.settle(name)
		l := t.candidate(name, name, long).win()
		l.standsFor(fmt.Sprintf("Acquire with the name %q", name), l.granted, l.granted)
		l.untouched(fmt.Sprintf("Acquire with the name %q", name), l.granted)
		l.release()
		l.readsVacant(fmt.Sprintf("the release of %q", name), l)
		t.expect("the Renew of a released lease", l.renew(), leaderelection.Lost)
	}
}
