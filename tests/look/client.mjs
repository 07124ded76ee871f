// A front end in a few lines: what the published documents promise, asked with Node's own fetch.
import assert from 'node:assert/strict'

const api = process.env.TURVAVORK_API

async function ask(path, token, purpose) {
  const answer = await fetch(api + path, { headers: { Authorization: `Bearer ${token}`, 'X-Purpose': purpose } })
  return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() }
}

const coordinator = process.env.COORDINATOR
const list = await ask('/api/cases/v1/referrals?limit=3', coordinator, 'case-work')
assert.equal(list.status, 200)
assert.equal(list.body.items.length, 3)
assert.ok(list.body.next)
const next = await ask(`/api/cases/v1/referrals?limit=3&cursor=${encodeURIComponent(list.body.next)}`, coordinator, 'case-work')
assert.ok(!next.body.items.some((each) => list.body.items.some((other) => other.id === each.id)))

const one = await ask(`/api/cases/v1/referrals/${list.body.items[0].id}`, coordinator, 'case-work')
assert.equal(one.status, 200)
assert.ok(one.body.persons.some((person) => person.role === 'victim' && person.identity.familyName))
assert.equal(one.body.assessment.items.length, 24)

const refused = await ask('/api/cases/v1/referrals', coordinator, 'statistics')
assert.equal(refused.status, 403)
assert.equal(refused.type, 'application/problem+json')

const served = await ask(
  '/api/indicators/v1/indicators/people-served/values?channel=official&to=2018-06-30&by=region',
  process.env.OFFICER,
  'statistics',
)
assert.equal(served.status, 200)
assert.equal(served.body.rows.reduce((sum, row) => sum + row.value, 0), 105)

for (const service of ['cases', 'riskscore', 'exchange', 'indicators']) {
  const document = await (await fetch(`${api}/api/${service}/v1/openapi.json`)).json()
  assert.equal(document.openapi.slice(0, 3), '3.1')
}
console.log('look: the Node client got what the documents promise')
