// The public face of @stele/upstream/screening.
export { createScreening } from '../screening.ts'
