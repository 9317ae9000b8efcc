// Packages to publish: small, each with its own text, and the publish documents that npm would send of them.
import { hash } from 'node:crypto'
import { makePackage } from '../../packages/testkit/src/index.ts'

/** What is published. With `paddingBytes` it has another file of so many bytes that no compression makes smaller. */
export type ReleaseName = {
  readonly name: string
  readonly version: string
  readonly paddingBytes?: number
}

const words =
  'a call in a public log the rules are a script that anyone can replay any tarball'.split(' ')

/** A tarball of three files and about 2 KB, the same for the same name and version. */
export function makeTarballOf({ name, version, paddingBytes }: ReleaseName): Uint8Array {
  const padding = paddingBytes === undefined ? {} : { 'padding.bin': noise(name, paddingBytes) }
  return makePackage(manifestOf({ name, version }), {
    'index.js': `export const name = '${name}'\n${prose(`${name}@${version}`, 90).replaceAll(/^/gm, '// ')}\n`,
    'README.md': `# ${name}\n\n${prose(`${version} ${name}`, 120)}\n`,
    ...padding,
  })
}

function noise(seed: string, sizeBytes: number): Uint8Array {
  return hash('shake256', seed, { outputEncoding: 'buffer', outputLength: sizeBytes })
}

/** The document that npm sends to publish a tarball (npm-wire B1). */
export function publishDocument(release: ReleaseName, tarball: Uint8Array): string {
  const { name, version } = release
  const file = `${name}-${version}.tgz`
  const dist = {
    integrity: `sha512-${hash('sha512', tarball, 'base64')}`,
    shasum: hash('sha1', tarball, 'hex'),
    tarball: `http://localhost/${name}/-/${file}`,
  }
  const manifest = { _id: `${name}@${version}`, ...manifestOf(release), readme: `# ${name}`, dist }
  return JSON.stringify({
    _id: name,
    name,
    description: manifest.description,
    'dist-tags': { latest: version },
    versions: { [version]: manifest },
    access: null,
    _attachments: {
      [file]: {
        content_type: 'application/octet-stream',
        data: Buffer.from(tarball).toString('base64'),
        length: tarball.length,
      },
    },
  })
}

function manifestOf({ name, version }: ReleaseName) {
  return {
    name,
    version,
    description: `A package of the benchmark, called ${name}`,
    keywords: ['benchmark', 'small'],
    license: 'MIT',
    author: 'The benchmark',
    main: 'index.js',
    scripts: { test: 'node --test' },
    engines: { node: '>=18' },
    dependencies: { 'left-pad': '^1.3.0', '@scope/other': '~2.0.1' },
    devDependencies: { typescript: '^5.0.0' },
  }
}

/** Words in an order that the seed decides, eight in a line. */
function prose(seed: string, count: number): string {
  const digest = hash('sha512', seed, 'buffer')
  const picked = Array.from({ length: count }, (_, at) => {
    const byte = (digest[at % digest.length] ?? 0) + at * 7
    return `${words[byte % words.length]}${at % 8 === 7 ? '\n' : ''}`
  })
  return picked.join(' ').replaceAll('\n ', '\n')
}
