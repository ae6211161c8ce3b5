/* The flags of `start` that the launcher itself needs; the program reads all of them again and says what is wrong. */
'use strict'

/**
 * Value of a flag, the last one when there are several: `--port 9000` or `--port=9000`.
 * @param {readonly string[]} args
 * @param {string} name
 * @returns {string | undefined}
 */
function flagOf(args, name) {
  let value
  args.forEach((arg, i) => {
    if (arg === name) value = args[i + 1]
    else if (arg.startsWith(`${name}=`)) value = arg.slice(name.length + 1)
  })
  return value
}

/**
 * A port given by a flag; undefined when there is none or it is no port, which the program then refuses.
 * @param {readonly string[]} args
 * @param {string} name
 */
function portOf(args, name) {
  const text = flagOf(args, name) ?? ''
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}

/**
 * The line that starts again with a flag changed, for a person to copy.
 * @param {readonly string[]} args
 * @param {string} name
 * @param {string | number} value
 */
function startLine(args, name, value) {
  const others = args.filter(
    (arg, i) => arg !== name && args[i - 1] !== name && !arg.startsWith(`${name}=`),
  )
  const words = [...others, name, String(value)].map(quoted)
  return `npm start -- ${words.join(' ')}`
}

/**
 * A word as a shell takes it.
 * @param {string} word
 */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

module.exports = { flagOf, portOf, quoted, startLine }
