// What tests of accessibility ask a page; each function is one expression, run in the browser.

// Controls and pictures without a name for screen readers.
window.named = () => {
    const shown = (e) => e.checkVisibility();
    const words = (id) => document.getElementById(id)?.textContent ?? '';
    const name = (e) => (e.getAttribute('aria-label')
        ?? e.getAttribute('aria-labelledby')?.split(' ').map(words).join(' ')
        ?? [...(e.labels ?? [])].map((l) => l.textContent).join(' ')) || e.textContent;
    const all = 'button, input, select, textarea, canvas, summary, meter, progress, a, [tabindex]';
    return [...document.querySelectorAll(all)].filter((e) => shown(e) && !e.closest('[aria-hidden]'))
        .filter((e) => e.id !== 'main' && name(e).trim() === '')
        .map((e) => e.outerHTML.slice(0, 120));
};

// Words with less contrast to what is behind them than WCAG's 4.5 (3 for large ones).
window.weakWords = () => {
    const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const numbers = (colour) => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data];
    };
    const over = (top, below) => {
        const part = top[3] / 255;
        return [0, 1, 2].map((i) => part * top[i] + (1 - part) * below[i]).concat(255);
    };
    const behind = (e) => {
        const own = e && e.nodeType === 1 ? numbers(getComputedStyle(e).backgroundColor) : null;
        if (!own) return numbers(getComputedStyle(document.body).backgroundColor);
        return own[3] === 255 ? own : over(own, behind(e.parentElement));
    };
    const light = (c) => c.slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const contrast = (text, ground) => {
        const [a, b] = [light(over(text, ground)), light(ground)].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
    };
    const weak = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const e = node.parentElement;
        if (!node.data.trim() || !e.checkVisibility() || e.closest('.for-readers, :disabled, svg')) continue;
        if (e.tagName === 'OPTION' || e.tagName === 'SCRIPT' || e.closest('noscript')) continue;
        const style = getComputedStyle(e);
        const ground = behind(e);
        const ratio = contrast(numbers(style.color), ground);
        const isLarge = parseFloat(style.fontSize) >= 24;
        if (ratio < (isLarge ? 3 : 4.5)) weak.set(`${e.tagName}.${e.className}`, `${ratio.toFixed(2)} ${node.data.slice(0, 30)}`);
    }
    for (const e of document.querySelectorAll('input, select')) {
        if (!e.checkVisibility() || e.disabled) continue;
        const ground = behind(e);
        if (contrast(numbers(getComputedStyle(e).color), ground) < 4.5) weak.set(`${e.tagName}.${e.className}`, e.value);
    }
    return [...weak].map((pair) => pair.join(': '));
};

// What has the focus, and whether that can be seen.
window.focus = () => {
    const e = document.activeElement;
    const shown = e.matches('.choice input') ? e.nextElementSibling : e;
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    const box = shown.getBoundingClientRect();
    return {
        name: `${e.tagName} ${e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 40)}`,
        isBody: e === document.body,
        isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1 && box.width > 0,
    };
};

// How many controls the tab key should reach.
window.reachable = () => [...document.querySelectorAll('button, input, select, canvas[tabindex], summary, a[href]')]
    .filter((e) => e.checkVisibility() && e.tabIndex >= 0 && !e.disabled)
    .filter((e) => e.type !== 'radio' || e.checked).length;
