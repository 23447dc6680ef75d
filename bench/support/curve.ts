/** Draws the points of a row as an SVG picture. */
import { pointsOf } from './row.ts';
import type { Contestant } from './row.ts';
import { figure, nameOf, pointText } from './text.ts';
import { spreadIn } from './verdict.ts';
import type { Outcome } from './verdict.ts';

const WIDTH = 640;
const HEIGHT = 360;
const MARGIN = { left: 70, right: 150, top: 40, bottom: 50 };
/** How many lines show the scale of the figures. */
const STEPS = 4;
/** To be told apart by people who see few colors, too. */
const COLORS: Readonly<Record<Contestant, string>> = {
  node: '#0072b2',
  file: '#d55e00',
  podman: '#009e73',
  docker: '#cc79a7',
  plugins: '#e69f00',
  empty: '#999999',
  floor: '#000000',
};

interface Dot {
  readonly point: number;
  readonly value: number;
}

/** Undefined for a row with fewer than three points. */
export function curveOf(outcome: Outcome): string | undefined {
  const { row } = outcome;
  const points = pointsOf(row);
  if (points.length < 3) return undefined;
  const contestants = Object.keys(row.tasks) as Contestant[];
  const lines = contestants.map((contestant) => ({
    contestant,
    dots: points.flatMap((point) => dotAt(outcome, contestant, point)),
  }));
  const drawn = lines.filter(({ dots }) => dots.length > 0);
  const top = Math.max(...drawn.flatMap(({ dots }) => dots.map(({ value }) => value)), 0);
  const scale = { width: points.at(-1) ?? 1, top: top === 0 ? 1 : top };
  const axis = `${row.points?.of ?? ''}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(MARGIN.left, 20, `${row.title} (${row.unit})`, 'start'),
    ...Array.from({ length: STEPS + 1 }, (_, step) => gridLine((scale.top * step) / STEPS, scale)),
    ...points.map((point) => text(across(point, scale), HEIGHT - 30, pointText(point), 'middle')),
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 10, axis, 'middle'),
    ...drawn.flatMap(({ contestant, dots }, index) => line(contestant, dots, index, scale)),
    '</svg>\n',
  ].join('\n');
}

interface Scale {
  readonly width: number;
  readonly top: number;
}

function dotAt(outcome: Outcome, contestant: Contestant, point: number): readonly Dot[] {
  const spread = spreadIn(outcome, contestant, point);
  return spread === undefined ? [] : [{ point, value: spread.median }];
}

function across(point: number, { width }: Scale): number {
  return Math.round(MARGIN.left + (point / width) * (WIDTH - MARGIN.left - MARGIN.right));
}

function up(value: number, { top }: Scale): number {
  return Math.round(HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom));
}

function gridLine(value: number, scale: Scale): string {
  const y = up(value, scale);
  const ruler = `<line x1="${MARGIN.left}" y1="${y}" x2="${WIDTH - MARGIN.right}" y2="${y}" stroke="#dddddd"/>`;
  return `${ruler}\n${text(MARGIN.left - 8, y + 4, figure(value), 'end')}`;
}

function line(
  contestant: Contestant,
  dots: readonly Dot[],
  index: number,
  scale: Scale,
): readonly string[] {
  const color = COLORS[contestant];
  const places = dots.map(({ point, value }) => [across(point, scale), up(value, scale)]);
  const legend = { x: WIDTH - MARGIN.right + 15, y: MARGIN.top + 10 + index * 20 };
  return [
    `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${color}"/>`),
    `<rect x="${legend.x}" y="${legend.y - 9}" width="10" height="10" fill="${color}"/>`,
    text(legend.x + 16, legend.y, nameOf(contestant).replaceAll('`', ''), 'start'),
  ];
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped}</text>`;
}
