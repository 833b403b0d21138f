package protocol

// Names are an election's keys and its channel, one by one: for who examines a Redis.
type Names struct {
	Lock, Lease, Term, History, Candidates string
	Events                                 string // a channel; followed by ":" and its InstanceID, a candidate's
}

// NamesOf names what an election keeps in Redis.
func NamesOf(lock string) Names {
	k := keysOf(lock)
	return Names{Lock: k.lock, Lease: k.lease, Term: k.term, History: k.history, Candidates: k.candidates, Events: k.events}
}

// Keys are those of the scripts, in their order.
func (n Names) Keys() []string { return keysOf(n.Lock).list() }

// SlotOf returns a key's Cluster slot.
func SlotOf(key string) int { return slotOf(key) }

// Classify makes a *leaderelection.ConfigurationError of what retrying cannot mend, and
// takes out of any error what Redis quotes of a command, such as a password.
func Classify(err error, keyNames ...string) error { return classify(err, keyNames) }

// Slots is how many a Cluster has.
const Slots = slots
