// A front end with its tools, resolved by npm, pnpm and Stele. Needs the registry that this machine is set up with: made packages
// would hold only what somebody thought of.
import { testProject } from './client-resolution/compare.ts'
import { app } from './client-resolution/projects.ts'

testProject(app)
