// The public face of @stele/tlog/tiles.
export { formatEntryBundle, parseEntryBundle } from '../entry-bundle.ts'
export {
  bundlesOf,
  formatTile,
  formatTileNumber,
  type HashTile,
  parseTile,
  parseTileNumber,
  parseTilePath,
  type Tile,
  type TileNumber,
  tilePath,
  tileRowLength,
  tilesOf,
} from '../tile.ts'
