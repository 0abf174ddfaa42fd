//! Sockets: plain and TLS, HTTP/1.1 and HTTP/2, with a bound on connections and a graceful end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::dispatch;
use crate::origin::Network;

/// Most connections at a time; further ones wait in the listen queue.
const MOST_CONNECTIONS: usize = 10_000;
/// Longest time from a connection's start, or its last answer, to the end of the next request's headers.
const HEADER_TIME: Duration = Duration::from_secs(30);
/// Longest TLS handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long running requests may finish after the order to stop.
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// A TLS configuration, ready to accept.
#[derive(Clone)]
pub struct Tls(pub Arc<rustls::ServerConfig>);

/// Where to listen.
pub struct Listener {
    pub socket: TcpListener,
    pub tls: Option<Tls>,
}

/// Serves until `stop` resolves, then lets running requests finish.
pub async fn serve(app: App, listener: Listener, stop: impl Future<Output = ()>) -> std::io::Result<()> {
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let (graceful, ending) = (GracefulShutdown::new(), app.clone());
    let acceptor = listener.tls.map(|tls| tokio_rustls::TlsAcceptor::from(tls.0));
    let mut stop = std::pin::pin!(stop);
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.socket.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: wait for some to be given back.
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (app, acceptor, watcher) = (app.clone(), acceptor.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _permit = permit;
            let _ = stream.set_nodelay(true);
            match acceptor {
                None => converse(app, stream, peer, false, watcher).await,
                Some(acceptor) => {
                    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await {
                        converse(app, stream, peer, true, watcher).await;
                    } else {
                        tracing::debug!(%peer, "TLS handshake failed");
                    }
                }
            }
        });
    }
    drop(listener.socket);
    ending.live().end();
    if tokio::time::timeout(DRAIN_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still running when the time to finish was over");
    }
    Ok(())
}

async fn converse<S>(app: App, stream: S, peer: SocketAddr, tls: bool, watcher: hyper_util::server::graceful::Watcher)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let network = Network { peer, tls };
    let service = service_fn(move |request| {
        let app = app.clone();
        async move { Ok::<_, std::convert::Infallible>(dispatch::serve(app, request, network).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(64 << 10)
        .pipeline_flush(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .keep_alive_interval(Duration::from_secs(60));
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "connection ended");
    }
}
