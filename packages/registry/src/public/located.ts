// The public face of @stele/registry/located.
export {
  createLocate,
  fitsLocated,
  isSnapshot,
  type LocatedRow,
  type Locating,
  readLocated,
  walkLocated,
} from '../located.ts'
