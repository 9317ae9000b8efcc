// Every limit of resolving, with its reason.

/** Packages of one graph. The largest known workspaces have some 15,000. */
export const maxPackages: number = 100 * 1000
/** Characters of a specifier: a Git address with a branch is some hundred. */
export const maxSpecifierLength: number = 2 * 1024
/** Rounds in which missing peers are added: each adds a package that nothing provided, and few need even two. */
export const maxPeerRounds = 100
/**
 * Instances of one graph, beside `maxInstancesPerPackage` for each package: a package has one for each set of peers that it finds. Real
 * graphs have hardly more instances than packages; packages that take each other in many circles could have as many as one likes.
 */
export const maxSpareInstances = 2000
export const maxInstancesPerPackage = 20
/** Characters of an instance's key, before its surroundings are told by a digest: it names a folder. */
export const maxKeyLength = 160
/** Versions of one package among which the fewest are searched for in all combinations; more are thinned out one by one. */
export const maxExactVersions = 12
/** Ways to one package that are told: nobody reads more. */
export const maxWays = 1000
/** Rules of overriding: each edge is compared with all of them. */
export const maxOverrides = 10_000
