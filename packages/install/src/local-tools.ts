// Tools that need every package inside the project's own folder: where one is a dependency of a package.json, `auto` means `project`.

/** Why a tool needs it, and where that is told. */
type LocalTool = { readonly reason: string; readonly link: string }

const outside = 'it reads no files outside of the project'
const upwards = 'it looks for its settings in the folders above a package'
const packs = 'it packs node_modules with what the links lead to'
const metro = 'its bundler watches and serves the folders of the project alone'

/** The tools by the name of their package. */
export const localTools: ReadonlyMap<string, LocalTool> = new Map([
  ['next', { reason: outside, link: 'https://github.com/vercel/next.js/issues/93556' }],
  ['nuxt', { reason: upwards, link: 'https://github.com/pnpm/pnpm/issues/13931' }],
  ['vite', { reason: outside, link: 'https://vite.dev/config/server-options#server-fs-allow' }],
  ['vitepress', { reason: upwards, link: 'https://github.com/pnpm/pnpm/issues/13940' }],
  ['parcel', { reason: upwards, link: 'https://github.com/pnpm/pnpm/issues/13940' }],
  ['astro', { reason: outside, link: 'https://vite.dev/config/server-options#server-fs-allow' }],
  [
    '@sveltejs/kit',
    { reason: outside, link: 'https://vite.dev/config/server-options#server-fs-allow' },
  ],
  ['jest', { reason: outside, link: 'https://jestjs.io/docs/configuration#roots-arraystring' }],
  ['expo', { reason: metro, link: 'https://github.com/facebook/metro/issues/1' }],
  ['react-native', { reason: metro, link: 'https://github.com/facebook/metro/issues/1' }],
  ['metro', { reason: metro, link: 'https://github.com/facebook/metro/issues/1' }],
  [
    '@angular/cli',
    {
      reason: 'packages that it compiles take tslib from above',
      link: 'https://github.com/pnpm/pnpm/issues/13931',
    },
  ],
  ['electron-builder', { reason: packs, link: 'https://www.electron.build/' }],
  [
    '@electron-forge/cli',
    { reason: packs, link: 'https://www.electronforge.io/config/configuration' },
  ],
  ['serverless', { reason: packs, link: 'https://www.serverless.com/framework/docs' }],
  ['nx', { reason: upwards, link: 'https://github.com/nrwl/nx/issues/35772' }],
])
