// @vitest-environment happy-dom
/** Folders of the gallery: the rack and its button, against a gallery that answers as the server's does. */

import { render } from 'preact'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FolderButton } from '../src/parts/folder-button'
import { Rack } from '../src/studio/rack'
import type { Studio } from '../src/studio/studio'

const kept = new Map<string, string>()
const asked: string[] = []

beforeEach(() => {
  kept.clear()
  for (const id of ['a', 'b', 'c']) kept.set(id, '')
  asked.length = 0
  vi.stubGlobal('fetch', (address: string, { method = 'GET', body }: { method?: string; body?: string } = {}) => {
    const url = new URL(address, 'http://studio')
    asked.push(`${method} ${url.pathname}${url.search}`)
    const id = url.pathname.split('/')[3] ?? ''
    if (method === 'PATCH') kept.set(id, (JSON.parse(body ?? '{}') as { folder: string }).folder)
    const inside = [...kept].filter(([, folder]) => !url.searchParams.get('folder') || folder === url.searchParams.get('folder'))
    const folders = [...new Set(kept.values())].filter(Boolean).map((name) => ({ name, count: [...kept.values()].filter((each) => each === name).length }))
    const answer = id === 'folders' ? folders : { pictures: inside.map(([name, folder]) => ({ id: name, folder })), next: null }
    return Promise.resolve(new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } }))
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  document.body.replaceChildren()
})

it('looks into a folder, and out of one that became empty', async () => {
  const said: string[] = []
  const rack = new Rack((message) => said.push(message))
  await rack.refresh()
  expect(rack.folders.value).toEqual([])
  await rack.move(['a', 'b'], '  ponds ')
  expect(rack.folders.value).toEqual([{ name: 'ponds', count: 2 }])
  expect(rack.entries.value.map(({ folder }) => folder)).toEqual(['ponds', 'ponds', null])
  rack.folder.value = 'ponds'
  await rack.refresh()
  expect(rack.entries.value.map(({ id }) => id)).toEqual(['a', 'b'])
  await rack.move(['a', 'b'], '')
  expect(rack.folder.value).toBeNull()
  expect(rack.entries.value).toHaveLength(3)
  expect(said).toEqual(['Put into ponds.', 'Taken out of its folder.'])
})

it('has a button that asks for the name, and one that takes out', async () => {
  const rack = new Rack(() => {})
  const studio = { rack } as unknown as Studio
  const press = async (name: string): Promise<void> => {
    const found = [...document.querySelectorAll('button')].find((each) => each.textContent === name)
    if (!found) throw new Error(`no button is called ${name}`)
    found.click()
    await vi.waitFor(() => expect([...document.querySelectorAll('button')].map((each) => each.textContent)).not.toEqual([name]))
  }
  render(<FolderButton studio={studio} ids={['a', 'c']} folder={null} />, document.body)
  await press('Put into a folder')
  const field = document.querySelector('input') as HTMLInputElement
  field.value = 'ponds'
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await vi.waitFor(() => expect(document.querySelector<HTMLButtonElement>('[type=submit]')?.disabled).toBe(false))
  document.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  await vi.waitFor(() => expect([...kept.values()]).toEqual(['ponds', '', 'ponds']))
  expect(asked.filter((each) => each.startsWith('PATCH'))).toEqual(['PATCH /api/gallery/a', 'PATCH /api/gallery/c'])

  render(<FolderButton studio={studio} ids={['a']} folder="ponds" />, document.body)
  await press('In ponds')
  await press('Take out')
  await vi.waitFor(() => expect(kept.get('a')).toBe(''))
})
