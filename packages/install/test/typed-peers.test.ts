import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withTypedPeers } from '../src/typed-peers.ts'
import { graphOf } from './made-project.ts'

const user = { needs: ['react@19'], release: { peerDependencies: { react: '*' } } }
const packages = { 'user@1': user, 'react@19': {}, 'plain@1': {} }

test('withTypedPeers() gives a package the types of its peers that the project has', () => {
  const graph = graphOf(
    { '.': ['user@1', 'react@19', 'plain@1', '@types/react@19'] },
    { ...packages, '@types/react@19': {} },
  )
  const { instances } = withTypedPeers(graph)
  assert.equal(instances.get('user@1')?.dependencies.get('@types/react'), '@types/react@19')
  assert.equal(instances.get('plain@1')?.dependencies.size, 0)
})

test('withTypedPeers() leaves the graph as it is where the workspace has several versions of the types', () => {
  const graph = graphOf(
    { '.': ['user@1', '@types/react@18'], w: ['@types/react@19'] },
    { ...packages, '@types/react@18': {}, '@types/react@19': {} },
  )
  assert.deepEqual(withTypedPeers(graph), graph)
})
