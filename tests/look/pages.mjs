// Each page in a real browser: no violation of axe's rules, no asset from elsewhere, readable on a phone; and a picture.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage']
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: quiet })
const sizes = { desk: { width: 1200, height: 900 }, phone: { width: 390, height: 844 } }
let found = 0

for (const service of ['cases', 'riskscore', 'exchange', 'indicators']) {
  for (const [name, viewport] of Object.entries(sizes)) {
    const page = await browser.newPage({ viewport, bypassCSP: true })
    const elsewhere = []
    page.on('request', (request) => {
      if (!request.url().startsWith(process.env.TURVAVORK_API) && !request.url().startsWith('data:')) elsewhere.push(request.url())
    })
    const answer = await page.goto(`${process.env.TURVAVORK_API}/api/${service}/v1/docs`)
    assert.equal(answer.status(), 200)
    assert.deepEqual(elsewhere, [])
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    await page.screenshot({ path: `${process.env.LOOK_OUT}/${service}-${name}.png` })
    // The sections are made alike: of hundreds each eighth is looked at, else the rules take minutes.
    await page.evaluate(() => {
      const sections = [...document.querySelectorAll('section')]
      if (sections.length > 200) sections.forEach((section, number) => number % 8 && section.remove())
    })
    await page.addScriptTag({ content: axe })
    const { violations } = await page.evaluate(() => window.axe.run())
    for (const violation of violations) {
      found += 1
      console.log(`look: ${service} (${name}): ${violation.id}: ${violation.help}: ${violation.nodes[0].html}`)
    }
    if (wide > 0) {
      found += 1
      console.log(`look: ${service} (${name}): the page is ${wide} pixels too wide`)
    }
    await page.close()
  }
}
await browser.close()
assert.equal(found, 0, `${found} things to mend`)
console.log('look: 4 pages, 2 sizes, no violation')
