import { expect, test } from 'vitest';
import { escapeHtml, html } from '../../src/report/html.js';
import { chartRenderer } from '../../src/report/render-chart.js';

test('Text from outside cannot become a tag or end an attribute', () => {
  const name = `<img src=x onerror="alert('1')">&amp;`;
  const page = html`<p title="${name}">${name}</p>`.text;
  expect(page.match(/</g)).toHaveLength(2);
  expect(page).toBe(
    '<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;">&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;</p>',
  );
});

test('HTML in a template stays as it is, lists are joined, nothing leaves nothing', () => {
  expect(html`<ul>${[1, 2].map((value) => html`<li>${value}</li>`)}${null}${undefined}${0}</ul>`.text).toBe(
    '<ul><li>1</li><li>2</li>0</ul>',
  );
});

test('Characters that no page may hold are replaced', () => {
  expect(escapeHtml('a\0b\x1b[31m\u{9b}\ud800c\tü–\u{1f600}')).toBe('a�b�[31m��c\tü–\u{1f600}');
});

test('A chart is drawn with the texts that it was given, a name in words, and the colours of the page', async () => {
  const draw = await chartRenderer();
  const { text } = await draw(
    {
      data: { values: [{ x: 1.23456, id: '10.77.0.17 <b>' }] },
      layer: [
        { mark: { type: 'text', fill: 'var(--text)' }, encoding: { text: { field: 'id' } } },
        { mark: { type: 'point', stroke: 'var(--real)' }, encoding: { x: { field: 'x', type: 'quantitative' } } },
      ],
    },
    'One point & "its" name',
  );
  expect(text).toMatch(/^<svg role="img" aria-label="One point &amp; &quot;its&quot; name" viewBox="[^"]*"/);
  expect(text).toContain('10.77.0.17 &lt;b');
  expect(text).toContain('var(--real)');
  expect(text).not.toMatch(/xlink|font-family|aria-roledescription|class="(?!mark")/);
  expect(text.match(/<g\b/g)?.length).toBe(text.match(/<\/g>/g)?.length);
});
