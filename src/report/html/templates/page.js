'use strict';
// Buttons play sounds: `data-play` is the id of an audio element, `data-at` the second to begin at.
// They are hidden until their sound is found, so that no button is dead. A second press stops it.
(function () {
  var pressed = null;
  var note = document.getElementById('sound-note');
  var soundOf = function (button) { return document.getElementById(button.getAttribute('data-play')); };
  var say = function (text) { if (note) { note.hidden = !text; note.textContent = text; } };
  var show = function (button, plays) {
    var sign = button.querySelector('[aria-hidden]');
    if (sign) sign.textContent = plays ? '■' : '▶';
    button.classList.toggle('plays', plays);
    if (plays) button.setAttribute('aria-label', 'Stop');
    else button.removeAttribute('aria-label');
  };
  var release = function () {
    if (pressed) show(pressed, false);
    pressed = null;
  };
  var why = function (error) {
    if (error && error.code === 3) return 'The recording is damaged: the browser could not play it.';
    return 'The recording could not be played. It is not where this page looks for it, you may not open it, or the browser does not know its format.';
  };
  var refused = function (error) {
    // A press that came after this one stopped it.
    if (error && error.name === 'AbortError') return;
    release();
    say(error && error.name === 'NotAllowedError' ? 'The browser did not let it play. Press once more.' : why(error));
  };
  var play = function (button, sound) {
    document.querySelectorAll('audio').forEach(function (other) { if (other !== sound) other.pause(); });
    release();
    pressed = button;
    show(button, true);
    say('');
    var at = parseFloat(button.getAttribute('data-at')) || 0;
    var start = function () {
      if (pressed !== button) return;
      sound.currentTime = at;
      var playing = sound.play();
      if (playing) playing.catch(refused);
    };
    if (sound.readyState > 0) start();
    else { sound.addEventListener('loadedmetadata', start, { once: true }); sound.load(); }
  };
  document.querySelectorAll('[data-play]').forEach(function (button) { button.hidden = !soundOf(button); });
  document.querySelectorAll('audio').forEach(function (sound) {
    var ended = function () { if (pressed && soundOf(pressed) === sound) release(); };
    sound.addEventListener('pause', function () { if (!sound.seeking) ended(); });
    sound.addEventListener('ended', ended);
    sound.addEventListener('error', function () { ended(); say(why(sound.error)); });
    sound.addEventListener('play', function () {
      document.querySelectorAll('audio').forEach(function (other) { if (other !== sound) other.pause(); });
    });
  });
  document.addEventListener('click', function (event) {
    var button = event.target.closest ? event.target.closest('[data-play]') : null;
    var sound = button && soundOf(button);
    if (!sound) return;
    if (pressed === button) { release(); sound.pause(); } else play(button, sound);
  });
})();
// A table that is wider than the page is scrolled with the keys, too, in browsers that need it said.
(function () {
  var reach = function () {
    document.querySelectorAll('.scroll').forEach(function (box) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute('tabindex');
    });
  };
  addEventListener('resize', reach);
  // Of what is folded away nothing is known before it is opened.
  document.addEventListener('toggle', reach, true);
  reach();
})();
