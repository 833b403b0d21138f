package simulation

import (
	"fmt"
	"strings"
)

// resp writes a command as clients send it.
func resp(words ...string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
	}
	return []byte(b.String())
}

// handshake is what go-redis asks first on every connection.
const handshake = "hello"

// kindOf names a request. Scripts are known by how many keys they take, which
// their opening comments say.
func kindOf(request []byte) string {
	words := strings.SplitN(string(request), "\r\n", 9)
	if len(words) < 4 {
		return "nothing"
	}
	command := strings.ToLower(words[2])
	if !strings.HasPrefix(command, "eval") || len(words) < 8 {
		return command
	}
	switch keys := words[6]; keys {
	case "1":
		return "announce"
	case "4":
		return "release"
	case "5":
		return "acquire"
	case "3":
		if strings.HasPrefix(words[0], "*6") {
			return "read"
		}
		return "renew"
	default:
		return "a script with " + keys + " keys"
	}
}
