// The public face of @stele/install/stage.
export {
  awaitStaged,
  createStageCounts,
  type Stage,
  type StageJob,
  stageHere,
  stageShared,
} from '../stage-units.ts'
