/** One of a few, as chips. */

interface ChoiceProps<T extends string> {
  title: string
  name: string
  options: readonly (readonly [T, string])[]
  value: T
  set: (value: T) => void
}

export function Choice<T extends string>({ title, name, options, value, set }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend>{title}</legend>
      <div class="chips">
        {options.map(([each, words]) => (
          <label key={each} class="chip">
            <input class="visually-hidden" type="radio" name={name} checked={value === each} onChange={() => set(each)} />
            {words}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
