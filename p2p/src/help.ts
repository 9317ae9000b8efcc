// stele-p2p --help

/** The version of this release; a test compares it with package.json. */
export const version = '0.1.0'

/** Text. */
export const help: string = `stele-p2p: copies of Stele's services from peer to peer

  stele-p2p share <folder or url>   share a service, until Ctrl-C; prints its address
  stele-p2p clone <address> <dir>   copy a service from whoever shares it, checked as it comes; again for what is new

  <folder> is that of "stele vm exec", its public folder, or a clone; <url> a service, of which a copy is kept and shared.
  <dir> is a clone as "stele clone" makes it: "stele vm verify <dir>" runs all its calls again.

  --bootstrap <host:port>   a node where the network begins, for a network of your own; as often as there are nodes
  --state <folder>          share: where keys and drives are kept, so that addresses stay; ~/.local/state/stele-p2p by default
  --new-address             share: forgets what was shared of this log, taken-down parts too, and begins under another address
  --key <key>               clone: the log's key, or its fingerprint, known beforehand
  --wait <seconds>          clone: how long to look for somebody (30), and how long they may send nothing (20)
  --version, --help

Exit status: 0 done, 1 an error with a message, 2 wrong usage, 4 nobody could be reached, 70 a bug.`
