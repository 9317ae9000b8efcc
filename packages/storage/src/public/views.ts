// The public face of @stele/storage/views.
export {
  createViewHome,
  createViewReader,
  prepareViews,
  viewSchema,
  viewsLag,
} from '../view-store.ts'
