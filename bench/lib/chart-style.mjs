/** Colours and markers. A series differs by colour and by shape, so that colour alone never decides. */

const LIGHT = [
  '#0b57d0',
  '#5f6368',
  '#b8500a',
  '#188038',
  '#8a2be2',
  '#c5221f',
  '#00757f',
  '#7a5c00',
  '#ad1a72',
]
const DARK = [
  '#8ab4f8',
  '#b6babf',
  '#fcad70',
  '#81c995',
  '#d0a8ff',
  '#f28b82',
  '#78d9ec',
  '#e6c65c',
  '#ff8bcb',
]

export function chartStyle() {
  return `<style>
text{font:14px system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;fill:#202124}
.title{font-size:20px;font-weight:650}.strong{font-weight:650}.small{font-size:12.5px}.quiet{fill:#5f6368}
.page{fill:#fff;stroke:#dadce0}.grid{stroke:#d5d8dc;stroke-width:1}.faint{stroke:#eef0f2}.axis{stroke:#80868b;fill:none}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}.heavy{stroke-width:3.2}
${colours(LIGHT, '#fff')}
@media (prefers-color-scheme:dark){text{fill:#e8eaed}.quiet{fill:#a9aeb4}.page{fill:#16181c;stroke:#3c4043}
.grid{stroke:#3a3e44}.faint{stroke:#26292e}.axis{stroke:#9aa0a6}
${colours(DARK, '#16181c')}}
</style>`
}

function colours(palette, page) {
  return palette
    .map((colour, i) => `.s${i}{stroke:${colour}}.m${i}{fill:${colour};stroke:${page}}`)
    .join('')
}

const SHAPES = [
  (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (r) => `M${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (r) => `M0 ${-1.3 * r}L${1.3 * r} 0L0 ${1.3 * r}L${-1.3 * r} 0z`,
  (r) => `M0 ${-1.25 * r}L${1.2 * r} ${r}H${-1.2 * r}z`,
  (r) => `M0 ${1.25 * r}L${1.2 * r} ${-r}H${-1.2 * r}z`,
  (r) => `M${-1.2 * r} ${-r / 2}h${2.4 * r}v${r}h${-2.4 * r}z`,
  (r) => `M${-r / 2} ${-1.2 * r}h${r}v${2.4 * r}h${-r}z`,
]

export function marker(index, x, y, isOurs) {
  const shape = SHAPES[index % SHAPES.length](isOurs ? 5 : 4)
  return `<path class="m${index}" transform="translate(${x} ${y})" d="${shape}"/>`
}
