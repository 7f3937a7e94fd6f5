/** Whose drawings informed a picture, as the small print on a museum's label. */

import { credits, licenceUrl, type Credit, type Recipe } from '../studio/recipe'

export function Credits({ recipe }: { recipe: Recipe | null }) {
  if (!recipe) return null
  const found = credits(recipe)
  return (
    <section class="credits" aria-label="Drawings that informed the picture">
      <h2>Informed by</h2>
      {found.length === 0 ? (
        <p class="quiet">Words alone; no drawing of the library was looked at.</p>
      ) : (
        <ul>
          {found.map((each) => (
            <li key={`${each.source}/${each.name}/${each.style}`}>
              <b>{each.name}</b>
              <span class="quiet">
                {' '}
                {each.style}, from {each.source}
                {each.owner && ` by ${each.owner}`}, <Licence spdx={each.licence} />
                {said(each)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** What called for it. */
function said({ words, name, isInherited }: Credit): string {
  if (isInherited) return ', through the picture it came from'
  const others = words.filter((word) => word !== name)
  return others.length ? `, for “${others.join('”, “')}”` : ''
}

function Licence({ spdx }: { spdx: string }) {
  const url = licenceUrl(spdx)
  if (!url) return <>{spdx || 'no licence given'}</>
  return (
    <a href={url} rel="noreferrer license" target="_blank">
      {spdx}
    </a>
  )
}
