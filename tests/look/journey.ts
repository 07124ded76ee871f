// A front end with types: the client is generated from the published documents, and a journey is compiled against it.
import assert from 'node:assert/strict'
import createClient from 'openapi-fetch'
import type { paths } from './generated/cases.js'

const token = process.env.COORDINATOR ?? ''
const purpose = { 'X-Purpose': 'case-work' }
const api = createClient<paths>({ baseUrl: process.env.TURVAVORK_API ?? '', headers: { Authorization: `Bearer ${token}` } })

const me = await api.GET('/api/cases/v1/me', { params: { header: purpose } })
assert.equal(me.data?.offices[0]?.role, 'coordinator')

const listed = await api.GET('/api/cases/v1/cases', { params: { header: purpose, query: { limit: 1 } } })
const found = listed.data?.items[0]
assert.ok(found)

const read = await api.GET('/api/cases/v1/cases/{case_id}', {
  params: { header: purpose, path: { case_id: found.id }, query: { expand: ['people', 'actions'] } },
})
assert.equal(read.data?.expanded?.['people']?.status, 200)
assert.equal(read.data?.expanded?.['actions']?.status, 200)

const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10)
const proposed = await api.POST('/api/cases/v1/cases/{case_id}/actions', {
  params: { header: { ...purpose, 'Idempotency-Key': crypto.randomUUID() }, path: { case_id: found.id } },
  body: { what: 'Lukk vahetatakse.', outcomeWanted: 'Uks on kindel.', dueOn: day },
})
assert.equal(proposed.data?.state, 'proposed')

const stale = await api.POST('/api/cases/v1/actions/{action_id}/assign', {
  params: { header: { ...purpose, 'If-Match': '"99"' }, path: { action_id: proposed.data.id } },
  body: { agency: 'police' },
})
assert.equal(stale.response.status, 412)
assert.ok(stale.error?.type.endsWith('stale-version'))

// @ts-expect-error a path that nobody published does not compile
await api.GET('/api/cases/v1/nothing', {}).catch(() => undefined)

console.log('look: the generated TypeScript client worked a case through')
