// Signing up, logging in, and the profile.
import assert from 'node:assert/strict'
import { credentials } from '../npm-client.ts'
import { notOffered, password } from './packages.ts'
import { done, type Row, refused } from './row.ts'

export const accounts: readonly Row[] = [
  refused('whoami needs a log-in', 'whoami', {
    shows: /ENEEDAUTH/,
  }),
  done('adduser signs up', 'adduser --auth-type=legacy', {
    only: 'npm11',
    answers: credentials('alice', password),
    shows: /Logged in on/,
    logs: 1,
  }),
  done('login signs up where npm has no adduser', 'login --auth-type=legacy', {
    only: 'npm12',
    answers: credentials('alice', password),
    shows: /Logged in on/,
    logs: 1,
  }),
  done('login signs a second user up', 'login --auth-type=legacy', {
    as: 'bob',
    answers: credentials('bob', password),
    shows: /Logged in on/,
    logs: 1,
  }),
  done('adduser with the right password logs an existing user in', 'adduser --auth-type=legacy', {
    only: 'npm11',
    answers: credentials('alice', password),
    shows: /Logged in on/,
  }),
  refused('adduser of a name that somebody has is refused', 'adduser --auth-type=legacy', {
    only: 'npm11',
    as: 'bob',
    answers: credentials('alice', 'not hers at all'),
    shows: /401 Unauthorized .*the name or the password is wrong/,
  }),
  done('login logs an existing user in', 'login --auth-type=legacy', {
    answers: credentials('alice', password),
    shows: /Logged in on/,
  }),
  refused('login with a wrong password is refused', 'login --auth-type=legacy', {
    answers: credentials('alice', 'wrong password'),
    shows: /401 Unauthorized .*the name or the password is wrong/,
  }),
  done('login falls back to prompts where npm would open a browser', 'login', {
    answers: credentials('alice', password),
    shows: /Logged in on/,
    asks: /^POST \/-\/v1\/login 404$/m,
  }),
  done('whoami names the user', 'whoami', {
    shows: /^alice$/m,
  }),
  done('ping is answered', 'ping', {
    shows: /PONG/,
  }),
  done('profile get shows the profile', 'profile get', {
    shows: /^name: alice$/m,
  }),
  done('profile get --json is JSON', 'profile get --json', {
    check: (_world, { stdout }) => assert.equal(JSON.parse(stdout).name, 'alice'),
  }),
  refused('profile set of what is not kept is refused', 'profile set fullname Alice', {
    shows: notOffered,
  }),
]
