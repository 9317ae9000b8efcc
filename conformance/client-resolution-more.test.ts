// A site and a service, resolved by npm, pnpm and Stele. Needs the registry that this machine is set up with, as
// client-resolution.test.ts does.
import { testProject } from './client-resolution/compare.ts'
import { service, site } from './client-resolution/projects.ts'

testProject(site)
testProject(service)
