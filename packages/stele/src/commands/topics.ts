// What the help tells beside the commands, a text for each topic.

/** Lines by topic. */
export const topics: { readonly [topic: string]: readonly string[] } = {
  lock: [
    'stele.lock holds the version and the hash of every package, for all platforms. Commit it.',
    '',
    '"stele install" keeps what it has, resolves what package.json wants anew, and writes it again.',
    '"stele ci", and "stele install" where CI is set, change nothing: where package.json wants something',
    'that the lock does not have, they say what, and stop. A part of a workspace needs no other lock.',
    '',
    'After a merge with conflicts in stele.lock, solve package.json first, then run "stele install": it takes',
    'the lines of both sides, resolves what differs, and says which versions it took.',
    '',
    'Without a stele.lock the versions of package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml, yarn.lock',
    'or bun.lock are taken over. "packageManager" in package.json decides where there are several.',
  ],
  specifiers: [
    'What may stand behind a name in package.json, and behind "stele add":',
    '',
    '  lodash                     the version that is tagged "latest"',
    '  lodash@4.17.21             a version',
    '  lodash@^4.17.0             a range',
    '  lodash@next                a tag',
    '  old@npm:lodash@3           a package under another name',
    '  ./folder, ./file.tgz       a folder or a tarball on this machine',
    '  workspace:^                a package of this workspace',
  ],
  ci: [
    'On a build server:',
    '',
    '  stele ci                   removes node_modules, installs what stele.lock holds, and nothing else',
    '  stele ci --omit dev        the same, without devDependencies',
    '',
    '"stele install" does not change the lock either where the variable CI is set; --no-frozen lets it.',
    '"stele dedupe --check" and "stele outdated" end with 1 where there is something to do.',
  ],
}
