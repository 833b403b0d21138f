package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// leader run tells its command by LEADER_KEY in which election it runs, and by LEADER_TERM
// that it does. For leader status in there that is just right. A leader run or serve in there
// would wait for its own parent to stop, and its parent for it.

// withElectionOfItsOwn marks the flag --key of a command that takes part.
const withElectionOfItsOwn = "leader_election_of_its_own"

// isInherited reports whether the variable for a flag says what the parent leads, and not
// what somebody wants of this command.
func isInherited(flag *pflag.Flag) bool {
	return flag.Annotations[withElectionOfItsOwn] != nil && os.Getenv("LEADER_TERM") != ""
}

// refuseOwnParent returns an error if a command would take part in the election whose leader
// it runs under, and nobody has said so on the command line.
func refuseOwnParent(cmd *cobra.Command) error {
	flag, parents := cmd.Flags().Lookup("key"), os.Getenv("LEADER_KEY")
	switch {
	case flag == nil || !isInherited(flag),
		flag.Changed && originOf(flag) == "",           // on the command line
		flag.Changed && flag.Value.String() != parents: // in the file
		return nil
	}
	return fmt.Errorf("LEADER_TERM is set: this runs under the leader of the election %s, and would wait for that to end. Give --key with the name of another election", shown(parents))
}
