// Addresses that Git reads, told apart from others without reading them.

/** Whether a package at this address is a commit of a repository. */
export function isGitAddress(address: string): boolean {
  return /^(?:git\+|github:|gitlab:|bitbucket:|gist:)/.test(address)
}
