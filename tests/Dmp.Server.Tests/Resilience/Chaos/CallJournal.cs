using System.Collections.Concurrent;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Dmp.Server.Tests.Resilience.Chaos;

/// <summary>One call as its caller saw it end.</summary>
internal sealed record JournalEntry(string ServerRequestId, string Method, StatusCode Status, string Reason);

/// <summary>
/// What the clients saw: each call that the server answered, with the id of the answer. What no answer came for (a killed server) is not
/// in it. Compared with the trace, it tells of calls without an event.
/// </summary>
internal sealed class CallJournal : Interceptor
{
    private readonly ConcurrentBag<JournalEntry> entries = [];

    public IReadOnlyCollection<JournalEntry> Entries => entries;

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new AsyncUnaryCall<TResponse>(
            NoteAsync(call.ResponseAsync, call.ResponseHeadersAsync, context.Method.FullName),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new AsyncServerStreamingCall<TResponse>(
            new NotedReader<TResponse>(this, call.ResponseStream, call.ResponseHeadersAsync, context.Method.FullName),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream,
            new NotedReader<TResponse>(this, call.ResponseStream, call.ResponseHeadersAsync, context.Method.FullName),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    private async Task<T> NoteAsync<T>(Task<T> answer, Task<Metadata> headers, string method)
    {
        try
        {
            var result = await answer;
            Note((await headers).GetValue("dmp-request-id"), method, StatusCode.OK, "");
            return result;
        }
        catch (RpcException failure)
        {
            NoteFailure(failure, method);
            throw;
        }
    }

    private void NoteFailure(RpcException failure, string method)
    {
        // Only an answer of the platform has details; what the client's own HTTP/2 says of a broken line has none.
        if (failure.GetRpcStatus() is { } status)
        {
            Note(status.GetDetail<RequestInfo>()?.RequestId, method, failure.StatusCode, status.GetDetail<ErrorInfo>()?.Reason ?? "");
        }
    }

    private void Note(string? serverRequestId, string method, StatusCode status, string reason)
    {
        if (serverRequestId is not null)
        {
            entries.Add(new JournalEntry(serverRequestId, method.TrimStart('/'), status, reason));
        }
    }

    private sealed class NotedReader<T>(
        CallJournal journal, IAsyncStreamReader<T> inner, Task<Metadata> headers, string method) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                if (await inner.MoveNext(cancellationToken))
                {
                    return true;
                }

                journal.Note((await headers).GetValue("dmp-request-id"), method, StatusCode.OK, "");
                return false;
            }
            catch (RpcException failure)
            {
                journal.NoteFailure(failure, method);
                throw;
            }
        }
    }
}
