// The public face of @stele/install/kept: what an installation needs that plans nothing. It loads no more than that.
export { removalsOf, removalsPath } from '../boot-checks.ts'
export { type KeptPlan, keepPlan, linkKept, slotsOfPlan } from '../kept-plan.ts'
export { openStore } from '../store.ts'
