package leaderelectiontest

// OnBecomeLeader registers a callback for the beginning of each term. If the fake
// leads already, it has run when OnBecomeLeader returns.
func (f *Fake) OnBecomeLeader(callback func()) {
	if callback == nil {
		return
	}
	f.mu.Lock()
	f.become = append(f.become, callback)
	if f.reign != nil {
		f.queue = append(f.queue, callback)
	}
	f.mu.Unlock()
	f.runCallbacks()
}

// OnLoseLeadership registers a callback for the end of each term.
func (f *Fake) OnLoseLeadership(callback func()) {
	if callback == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose = append(f.lose, callback)
}

// runCallbacks runs the callbacks that are due, on the caller's goroutine and
// without holding a lock, so that a test fails where its callback does: a panic or
// a FailNow reaches whoever steers. If they are being run already, it returns at
// once: the caller may be one of them, and they must neither overtake each other
// nor wait for themselves (F27).
func (f *Fake) runCallbacks() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.callbacks != nil {
		return
	}
	f.callbacks = make(chan struct{})
	defer func() {
		close(f.callbacks)
		f.callbacks = nil
	}()
	for len(f.queue) > 0 {
		callback := f.queue[0]
		f.queue = f.queue[1:]
		f.unlocked(callback)
	}
}

// unlocked calls callback without the lock, and takes it again however that ends.
func (f *Fake) unlocked(callback func()) {
	f.mu.Unlock()
	defer f.mu.Lock()
	callback()
}

// callbacksDone returns a channel that is closed once the callbacks that are being
// run have returned; nil if there are none.
func (f *Fake) callbacksDone() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.callbacks
}
