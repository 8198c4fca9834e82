// Browsers start no worker from a page that was opened from a folder (file:), and the search needs one.
// There, this class takes the place of Worker: it runs the script in a hidden frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    onmessage = null;
    onerror = null;
    onmessageerror = null;

    constructor(url) {
      super();
      this.waiting = [];
      this.scope = null;
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = "";
      this.frame.addEventListener("load", () => this.start(new URL(url, document.baseURI).href), { once: true });
      document.body.append(this.frame);
    }

    start(url) {
      const scope = this.frame.contentWindow;
      if (!scope) return;
      scope.postMessage = (data) => setTimeout(() => this.emit(new MessageEvent("message", { data })));
      const script = scope.document.createElement("script");
      script.src = url;
      script.onload = () => {
        this.scope = scope;
        this.waiting.splice(0).forEach((data) => this.deliver(data));
      };
      script.onerror = () => this.emit(new ErrorEvent("error", { message: `cannot load ${url}` }));
      scope.document.head.append(script);
    }

    deliver(data) {
      setTimeout(() => this.scope.dispatchEvent(new this.scope.MessageEvent("message", { data })));
    }

    postMessage(data) {
      if (this.scope) this.deliver(data);
      else this.waiting.push(data);
    }

    emit(event) {
      this["on" + event.type]?.(event);
      this.dispatchEvent(event);
    }

    terminate() {
      this.frame.remove();
    }
  };
}
