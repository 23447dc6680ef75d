/** What is in one list of lines and not in the other, as often as it is there more. Pure. */
export function difference(before: readonly string[], after: readonly string[]): readonly string[] {
  return [
    ...without(after, before).map((line) => `left: ${line}`),
    ...without(before, after).map((line) => `gone: ${line}`),
  ];
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const rest = [...others];
  return lines.filter((line) => {
    const place = rest.indexOf(line);
    if (place >= 0) rest.splice(place, 1);
    return place < 0;
  });
}
