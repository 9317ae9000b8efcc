// Tags, deprecations, owners, stars; and what registries of companies have besides.
import { app, forbidden, left, notOffered } from './packages.ts'
import { done, type Row, refused } from './row.ts'

export const changing: readonly Row[] = [
  done('dist-tag ls lists the tags', 'dist-tag ls left', {
    shows: [/^latest: 1\.2\.0$/m, /^next: 2\.0\.0-beta\.1$/m],
  }),
  done('dist-tag add adds a tag', 'dist-tag add left@1.0.0 stable', {
    shows: /\+stable: left@1\.0\.0/,
    logs: 1,
  }),
  done('dist-tag add of what is so already changes nothing', 'dist-tag add left@1.0.0 stable', {
    shows: /already set to version 1\.0\.0/,
  }),
  refused(
    'dist-tag add of an unknown version is refused by the rules',
    'dist-tag add left@9.9.9 stable',
    {
      logs: 1,
      shows: /Cannot find left@9\.9\.9: this registry has no such version/,
    },
  ),
  refused(
    'dist-tag add to the package of somebody else is refused',
    'dist-tag add left@1.0.0 mine',
    {
      as: 'bob',
      shows: forbidden,
    },
  ),
  done('dist-tag rm removes a tag', 'dist-tag rm left stable', {
    shows: /-stable: left@1\.0\.0/,
    logs: 1,
  }),
  refused('dist-tag rm of latest is refused by the rules', 'dist-tag rm left latest', {
    logs: 1,
    shows: /403 Forbidden .*Cannot remove the tag "latest"/,
  }),
  done('deprecate marks a version', ['deprecate', 'left@1.0.0', 'Use 1.2 "instead" ü'], {
    logs: 1,
    shows: /deprecating left@1\.0\.0/,
  }),
  done('view shows the deprecation', 'view left@1.0.0 deprecated', {
    shows: /^Use 1\.2 "instead" ü$/m,
  }),
  done('install warns of the deprecation', 'install left@1.0.0', {
    in: 'warned',
    files: app({}),
    shows: /warn deprecated left@1\.0\.0: Use 1\.2 "instead" ü/,
  }),
  refused('deprecate in the package of somebody else is refused', 'deprecate left@1.1.0 no', {
    as: 'bob',
    shows: forbidden,
  }),
  done('undeprecate takes the mark back', 'undeprecate left@1.0.0', {
    shows: /undeprecating/,
    logs: 1,
  }),
  done('view shows no deprecation any more', 'view left@1.0.0 --json', {
    hides: /deprecated/,
  }),
  done('deprecate of a range marks all in it in one entry', ['deprecate', 'left@<1.2', 'old'], {
    logs: 1,
    shows: [/left@1\.0\.0/, /left@1\.1\.0/],
  }),
  done('deprecate with an empty message takes the marks back', ['deprecate', 'left@<1.2', ''], {
    shows: /undeprecating left@1\.1\.0/,
    logs: 1,
  }),
  done('owner ls lists the owner', 'owner ls left', {
    shows: /^alice /m,
  }),
  done('owner add adds an owner', 'owner add bob left', {
    shows: /\+ bob \(left\)/,
    logs: 1,
  }),
  done('owner ls lists both owners', 'owner ls left', {
    shows: [/^alice /m, /^bob /m],
  }),
  done('publish works for a new owner', 'publish', {
    in: 'left',
    files: left('1.3.0'),
    as: 'bob',
    shows: /\+ left@1\.3\.0/,
    logs: 1,
  }),
  done('owner rm removes an owner', 'owner rm bob left', {
    shows: /- bob \(left\)/,
    logs: 1,
  }),
  refused('publish is refused to a former owner', 'publish', {
    in: 'left',
    files: left('1.4.0'),
    as: 'bob',
    shows: forbidden,
  }),
  refused('owner rm of the last owner is refused', 'owner rm alice left', {
    shows: /Cannot remove all owners/,
  }),
  refused('owner add of a stranger is refused', 'owner add nobody left', {
    shows: /There is no account "nobody"/,
  }),
  done('star marks a package', 'star left', {
    only: 'npm11',
    shows: /★ +left/,
    logs: 1,
  }),
  done('stars lists what a user has marked', 'stars alice', {
    only: 'npm11',
    shows: /^left$/m,
  }),
  done('unstar takes the mark back', 'unstar left', {
    only: 'npm11',
    shows: /☆ +left/,
    logs: 1,
  }),
  done('stars of nothing says so', 'stars', {
    only: 'npm11',
    shows: /has not starred any packages/,
  }),
]

export const absent: readonly Row[] = [
  done('access get status says that packages are public', 'access get status left', {
    shows: /left: public/,
  }),
  ...[
    'access list packages alice',
    'access list collaborators left',
    'access set status=private @alice/right',
    'access set mfa=publish left',
    'access grant read-only acme:devs left',
    'access revoke acme:devs left',
    'team ls acme',
    'team create acme:devs',
    'team destroy acme:devs',
    'team add acme:devs bob',
    'team rm acme:devs bob',
    'org ls acme',
    'org set acme bob',
    'org rm acme bob',
    'trust list left',
    'stage list',
  ].map((command) =>
    refused(`${command} says that it is not offered`, command, { shows: notOffered }),
  ),
]
