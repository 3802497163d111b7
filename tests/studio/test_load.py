"""Many pages at once, and what is left when they are closed."""

import gc
import statistics
import threading
import time
import weakref

from minicnn.studio.turns import Turns
from tests.studio.conftest import answer_is, draw, one, opened, picture, received, watched_page

ONE = ((0.5, 0.2), (0.5, 0.8))


def test_closing_a_page_frees_what_it_held(server):
    stopped = []
    with opened(server) as ask:
        ask("draw", picture=picture(one()))
        (page,) = server.pages
        page.on_close.append(lambda: stopped.append(True))
        page.kept["something"] = object()
        held = weakref.ref(page)
        input = weakref.ref(page.network_input)
        del page
    for _ in range(100):
        gc.collect()
        if held() is None:
            break
        time.sleep(0.02)
    assert not server.pages and stopped == [True]
    assert held() is None and input() is None


def test_an_answer_to_a_page_that_is_gone_goes_nowhere(server):
    with opened(server) as ask:
        ask.socket.send_json({"id": 1, "type": "draw", "picture": picture(one())})
    deadline = time.monotonic() + 5
    while server.pages and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not server.pages
    with opened(server) as ask:
        assert ask("hello")["network"]["name"] == server.network.model.name


def test_drawings_that_are_out_of_date_are_left_out(ask, server):
    """While the network is busy only the newest drawing waits."""
    server.turns.take()
    for id in range(100, 120):
        ask.socket.send_json({"id": id, "type": "draw", "picture": picture(one()), "layers": []})
    time.sleep(0.2)
    server.turns.give_back()
    answer = ask("hello")
    assert answer["network"]["classes"] == 10


def test_a_page_is_greeted_while_the_network_is_busy(ask, server):
    """As while the first step of a training is compiled."""
    server.turns.take()
    assert ask("hello")["network"]["classes"] == 10
    server.turns.give_back()


def test_a_page_that_asks_too_much_is_told(ask, server):
    server.turns.take()
    for id in range(200, 330):
        ask.socket.send_json({"id": id, "type": "lessons"})
    time.sleep(0.2)
    server.turns.give_back()
    answers = [received(ask.socket) for _ in range(130)]
    refused = [a for a in answers if "Too much at once" in a.get("error", "")]
    assert 20 <= len(refused) <= 30
    assert {a["id"] for a in answers} == set(range(200, 330))


def test_turns_are_given_in_the_order_in_which_they_were_asked_for():
    turns, order, threads = Turns(), [], []
    turns.take()
    for i in range(20):

        def work(i=i):
            with turns.turn():
                order.append(i)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        while turns._next_ticket < i + 2:
            time.sleep(0.001)
    turns.give_back()
    for thread in threads:
        thread.join()
    assert order == list(range(20))


STROKES = """async (milliseconds) => {
    const { Connection, base64 } = await import("/page/socket.js");
    const ink = new Uint8Array(112 * 112);
    for (let y = 20; y < 90; y++) ink.fill(255, 112 * y + 50, 112 * y + 58);
    const picture = { side: [112, 112], ink: base64(ink) };
    const connections = await Promise.all(Array.from({ length: 20 }, async () => {
        const connection = new Connection(`ws://${location.host}/socket`);
        await new Promise((resolve) => {
            connection.addEventListener("open", resolve);
            connection.open();
        });
        return connection;
    }));
    const end = performance.now() + milliseconds;
    const times = await Promise.all(connections.map(async (connection) => {
        const own = [];
        while (performance.now() < end) {
            const start = performance.now();
            await connection.ask("draw", { picture });
            own.push(performance.now() - start);
        }
        return own;
    }));
    return times;
}"""


def test_twenty_pages_with_continuous_strokes_stay_responsive(browser, studio):
    context = browser.new_context()
    with watched_page(context, studio.address) as page:
        times = page.evaluate(STROKES, 2000)
        every = sorted(t for own in times for t in own)
        print(
            f"{len(every)} answers to 20 pages in 2 s; median {statistics.median(every):.0f} ms, "
            f"99 of 100 within {every[int(0.99 * len(every))]:.0f} ms"
        )
        assert all(len(own) >= 2 for own in times), "a page was not answered"
        draw(page, ONE)
        answer_is(page, 1)
    context.close()


def test_the_bars_move_soon_after_a_stroke(page):
    draw(page, ONE)
    answer_is(page, 1)
    page.evaluate("performance.clearMeasures()")
    zigzag = [(0.3 + 0.4 * (i % 2), 0.2 + 0.05 * i) for i in range(12)]
    draw(page, zigzag)
    page.wait_for_timeout(300)
    times = page.evaluate("performance.getEntriesByName('stroke to bars').map((e) => e.duration)")
    print(f"stroke to bars: median {statistics.median(times):.0f} ms of {len(times)}")
    assert len(times) >= 5
    assert statistics.median(times) < 150  # under 50 ms on a quiet machine
