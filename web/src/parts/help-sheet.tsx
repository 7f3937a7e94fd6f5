/** The keys, and the language in a few lines. */

import type { Studio } from '../studio/studio'
import { KEYS, type Key } from '../studio/shortcuts'
import { Sheet } from './sheet'

const LANGUAGE: [string, string][] = [
  ['a red fox::2 snow', 'the fox weighs twice as much as the snow'],
  ['a (red:1.3) cat', 'stress one word within its sentence'],
  ['--no trees', 'leave something out'],
  ['{red, blue} bird', 'both, one after the other'],
  ['--ar 3:2', 'the shape of the picture'],
  ['--style pixel-art', 'a look by its name'],
  ['--seed 7', 'the noise to begin with'],
]

export function HelpSheet({ studio }: { studio: Studio }) {
  if (studio.sheet.value !== 'help') return null
  return (
    <Sheet title="Keys and words" close={() => (studio.sheet.value = null)}>
      <div class="help">
        <section>
          <h3>While you write</h3>
          <dl>
            <div>
              <dt>
                <kbd>Enter</kbd>
              </dt>
              <dd>keep four of the picture</dd>
            </div>
            <div>
              <dt>
                <kbd>Shift</kbd> <kbd>Enter</kbd>
              </dt>
              <dd>a new line</dd>
            </div>
            <div>
              <dt>
                <kbd>Esc</kbd>
              </dt>
              <dd>leave the words; the keys below then work</dd>
            </div>
          </dl>
        </section>
        <section>
          <h3>Elsewhere on the page</h3>
          <Keys keys={KEYS.filter(({ isForChosen }) => !isForChosen)} />
        </section>
        <section>
          <h3>With one of the four</h3>
          <Keys keys={KEYS.filter(({ isForChosen }) => isForChosen)} />
        </section>
        <section class="language">
          <h3>The words</h3>
          <dl>
            {LANGUAGE.map(([example, meaning]) => (
              <div key={example}>
                <dt>
                  <code>{example}</code>
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Sheet>
  )
}

function Keys({ keys }: { keys: readonly Key[] }) {
  return (
    <dl>
      {keys
        .filter(({ words }) => words)
        .map(({ key, words, shown }) => (
          <div key={key}>
            <dt>
              <kbd>{shown ?? key.toUpperCase()}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
    </dl>
  )
}
