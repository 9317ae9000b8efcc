// Which layout a project is to have: --layout, "layout" below "stele" in its package.json, or what its lock says; else "auto".
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { type Decided, type Layout, layouts } from '@stele/install/layout'

/** Where a layout may be named. */
export type LayoutSources = {
  /** What --layout says. */
  readonly flag: string | undefined
  readonly manifest: JsonObject
  /** Those of the lock. */
  readonly settings: JsonObject
}

/** The layout that is wanted, and the settings for the lock: what a flag said once holds for all machines and later installations. */
export function readLayout({ flag, manifest, settings }: LayoutSources): {
  readonly asked: Layout
  readonly settings: JsonObject
} {
  const { layout: locked, ...others } = settings
  const section = manifest['stele']
  const own = section !== undefined && isJsonObject(section) ? section['layout'] : undefined
  const ofFlag = flag === undefined ? undefined : parseLayout('--layout', flag)
  if (own !== undefined) {
    return {
      asked: ofFlag ?? parseLayout('"layout" below "stele" in package.json', own),
      settings: others,
    }
  }
  const asked =
    ofFlag ?? (locked === undefined ? 'auto' : parseLayout('"layout" in stele.lock', locked))
  return { asked, settings: asked === 'auto' ? others : { ...others, layout: asked } }
}

/** The layout of this name. `where` is what names it, `command` what was typed. Throws usage_wrong. */
export function parseLayout(where: string, value: unknown, command = 'install'): Layout {
  const found = layouts.find((each) => each === value)
  if (found !== undefined) return found
  const reason = `${where} ${JSON.stringify(value)}: must be ${layouts.slice(0, -1).join(', ')} or ${layouts.at(-1)}`
  throw new SteleError('usage_wrong', { reason, command })
}

/** A line for the person who asked for `auto` and got something else, or for what may not work; undefined where there is nothing to say. */
export function layoutNotice({ layout, because }: Decided): string | undefined {
  if (because === undefined) return undefined
  const where = because.folder === '.' ? 'package.json' : `${because.folder}/package.json`
  if (layout === 'global') {
    return `Packages are links out of the project, and ${where} has ${because.tool}: ${because.reason} (if it fails, use --layout project)`
  }
  return `All packages are kept inside the project, since ${where} has ${because.tool}: ${because.reason} (--layout global overrides this)`
}
