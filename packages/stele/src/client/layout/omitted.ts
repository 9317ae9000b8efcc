// Which kinds of dependencies are left out of node_modules, by npm's rule.

/** What can be left out. */
export type Kind = 'dev' | 'optional'

/** What the flags say of it. */
export type OmitAsked = {
  readonly omit?: readonly Kind[] | undefined
  readonly include?: readonly Kind[] | undefined
  /** --production, or its contrary. */
  readonly isProduction?: boolean | undefined
  /** --optional, or its contrary. */
  readonly isOptional?: boolean | undefined
}

type Place = {
  /** A setting of npm. */
  readonly setting: (name: string) => string | undefined
  readonly env: { readonly [name: string]: string | undefined }
}

/** What is left out: as flags say, else npm's settings, else NODE_ENV; never what was asked to be included. */
export function omitted(asked: OmitAsked, { setting, env }: Place): ReadonlySet<Kind> {
  const isProduction =
    asked.isProduction ?? (isProductionWord(setting('only')) || flagIn(setting('production')))
  const isOptional = asked.isOptional ?? flagIn(setting('optional'))
  const usual: readonly Kind[] = env['NODE_ENV'] === 'production' ? ['dev'] : []
  const left = new Set(asked.omit ?? kindsIn(setting('omit')) ?? usual)
  if (isProduction === true) left.add('dev')
  if (isOptional === false) left.add('optional')
  for (const kind of asked.include ?? kindsIn(setting('include')) ?? []) left.delete(kind)
  if (isProduction === false) left.delete('dev')
  if (isOptional === true) left.delete('optional')
  return left
}

/** Whether it is npm's older word for "without devDependencies". */
export function isProductionWord(only: string | undefined): true | undefined {
  return /^prod(?:uction)?$/.test(only ?? '') ? true : undefined
}

function flagIn(setting: string | undefined): boolean | undefined {
  return setting === 'true' ? true : setting === 'false' ? false : undefined
}

/** npm knows further kinds, which mean nothing here. */
function kindsIn(setting: string | undefined): readonly Kind[] | undefined {
  if (setting === undefined) return undefined
  const words = new Set(setting.split(/[\s,]+/))
  return (['dev', 'optional'] as const).filter((kind) => words.has(kind))
}
