// Declarations for dependencies that come without.

declare module '@pnpm/npm-conf' {
  type Config = {
    readonly get: (key: string, source?: string) => unknown
    /** The defaults, which `snapshot` holds too. */
    readonly root: { readonly [key: string]: unknown }
    /** By the name of the file: `project`, `user`, `env`. */
    readonly sources: {
      readonly [name: string]: { readonly data?: Record<string, unknown> } | undefined
    }
    readonly snapshot: { readonly [key: string]: unknown }
  }
  function npmConf(
    options: { readonly prefix?: string; readonly globalconfig?: string },
    types?: undefined,
    defaults?: object,
  ): { readonly config: Config; readonly warnings: readonly string[] }
  export = npmConf
}
