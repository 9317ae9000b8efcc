// Declarations for dependencies that come without.

declare module '@pnpm/npm-conf' {
  type Config = {
    readonly get: (key: string) => unknown
    readonly snapshot: { readonly [key: string]: string | undefined }
  }
  function npmConf(
    options: { readonly prefix?: string },
    types?: undefined,
    defaults?: object,
  ): { readonly config: Config }
  export = npmConf
}
