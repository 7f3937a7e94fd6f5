/** Starts the real server with a tiny real bundle, once for all tests; ALLAPRIMA_E2E_BUNDLE names another bundle. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const page = join(repository, 'web/dist')
const python = process.env.ALLAPRIMA_PYTHON ?? join(repository, '.venv/bin/python')

declare module 'vitest' {
  interface ProvidedContext {
    url: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await serve()
  project.provide('url', server.url)
  return server.stop
}

export interface Served {
  url: string
  /** The bundle's folder. */
  bundle: string
  stop(): Promise<void>
}

/** The model that comes with the package. */
export const SHIPPED = join(repository, 'src/allaprima/models/first-light')

/** A server of its own: the page, a fresh gallery, a bundle (the tests' tiny one, unless another is named). */
export async function serve(chosen = process.env.ALLAPRIMA_E2E_BUNDLE): Promise<Served> {
  if (!existsSync(join(page, 'index.html'))) throw new Error('The page is not built: npm run build')
  const home = mkdtempSync(join(tmpdir(), 'allaprima-e2e-'))
  const bundle = chosen ?? tinyBundle(join(home, 'bundle'))
  const server = spawn(
    python,
    ['-c', 'from allaprima.cli import main; main()', 'serve', '--port', '0', '--bundle', bundle, '--home', join(home, 'home'), '--threads', '1'],
    { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, OMP_NUM_THREADS: '1', ALLAPRIMA_HOME: join(home, 'home') } },
  )
  const url = await address(server)
  const stop = async (): Promise<void> => {
    const over = new Promise((resolve) => server.once('exit', resolve))
    if (server.exitCode === null) {
      server.kill('SIGTERM')
      await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 10_000))])
      server.kill('SIGKILL')
    }
    rmSync(home, { recursive: true, force: true })
  }
  return { url, bundle, stop }
}

function tinyBundle(folder: string): string {
  const made = spawnSync(python, ['-c', `from pathlib import Path; from tiny_bundle import build; build(Path(${JSON.stringify(folder)}))`], {
    cwd: join(repository, 'tests'),
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`The tiny bundle could not be made:\n${made.stderr}`)
  return folder
}

/** The address that the server says it paints at. */
function address(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (data: Buffer): void => {
      said += data.toString()
      const found = /https?:\/\/[\d.:a-z]+/.exec(said)
      if (found) resolve(found[0])
    }
    server.stdout?.on('data', hear)
    server.stderr?.on('data', hear)
    server.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${said}`)))
  })
}
