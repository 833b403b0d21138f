package main

import "github.com/spf13/cobra"

const configHelp = `Every flag of the commands that take part in elections, or ask about them, can be given
in three ways. The first of them that says something counts:

  1. the flag                        --ttl 15s
  2. a variable: LEADER_, and the    LEADER_TTL=15s
     flag's name, in capitals,       LEADER_TLS_CA=/etc/ssl/redis.pem
     with _ for -                    LEADER_RESTART=true
  3. a file in YAML                  ttl: 15s

$REDIS_URL stands for $LEADER_REDIS where that is not set. An empty variable counts for
nothing.

The file is the one that --config or LEADER_CONFIG names; otherwise the first that exists of
  $XDG_CONFIG_HOME/leader/config.yaml  (where that is not set: ~/.config/leader/config.yaml)
  /etc/leader/config.yaml
and --config "" leaves both out. Its keys are the names of flags. What one command does not
know, another may; a key that none of them knows is an error. For example:

  redis: rediss+sentinel://worker:password@sentinel-1,sentinel-2,sentinel-3/mymaster
  tls-ca: /etc/ssl/redis.pem
  key: nightly
  ttl: 15s
  grace: 30s

A warning says so if there is a password in it and everybody can read it.

leader run sets LEADER_KEY, LEADER_ID and LEADER_TERM for its command, so that leader status
in there shows the command's own election. leader run and leader serve in there need a --key
of their own, on the command line or in the file.

leader demo takes flags only: it needs no Redis, and must not find one by accident.`

// newConfigTopic is a command that does nothing: cobra calls that a help topic.
func newConfigTopic() *cobra.Command {
	return &cobra.Command{Use: "config", Short: "Flags as variables and in a file", Long: configHelp}
}
