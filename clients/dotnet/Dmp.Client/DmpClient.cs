using System.Runtime.CompilerServices;
using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.Care.V1;
using Dmp.CareTeam.V1;
using Dmp.Codes.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Entries.V1;
using Dmp.Event.V1;
using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using Dmp.Notice.V1;
using Dmp.Record.V1;
using Dmp.Search.V1;
using Dmp.Wishes.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Dmp.Client;

/// <summary>
/// The platform as seen by one identity: records, documents, consents and the trace, with tokens, deadlines, retries and
/// typed errors taken care of. Safe for use by several threads; make one and keep it.
/// </summary>
/// <remarks>
/// <para>
/// Mutating methods fill <c>request_id</c> with a new UUID when it is empty, before the first attempt, so that their
/// retries cannot act twice. Set it yourself to be able to repeat a call after <see cref="DmpUnavailableException"/>, even
/// after a restart of your program. The message given is never changed.
/// </para>
/// <para>
/// Every method throws a <see cref="DmpException"/> of the fitting subclass when the platform refuses or cannot be
/// reached, and <see cref="OperationCanceledException"/> when the caller's token is cancelled.
/// </para>
/// </remarks>
public sealed partial class DmpClient : IDisposable
{
    // A page of 200 documents with long metadata exceeds the 4 MiB that gRPC accepts by default.
    internal const int MessageBytesMax = 16 * 1024 * 1024;

    private const string SecretConnection = "dmp-secret-connection";

    private readonly DmpClientOptions options;
    private readonly ITokenSource tokens;
    private readonly CallInvoker transport;
    private readonly GrpcChannel? ownChannel;

    /// <summary>Makes a client with a channel of its own. Connects at the first call.</summary>
    /// <param name="options">Address, tokens and limits; read once.</param>
    /// <exception cref="InvalidOperationException">The options are incomplete, or would send a token in plain text over a
    /// network.</exception>
    public DmpClient(DmpClientOptions options)
        : this(options, OpenChannel(options))
    {
    }

    private DmpClient(DmpClientOptions options, GrpcChannel channel)
        : this(options, options.Tokens!, channel.CreateCallInvoker()) => ownChannel = channel;

    internal DmpClient(DmpClientOptions options, ITokenSource tokens, CallInvoker transport)
    {
        this.options = options;
        this.tokens = tokens;
        this.transport = transport;
        var invoker = transport.Intercept(new CallInterceptor(options, tokens));
        Records = new RecordService.RecordServiceClient(invoker);
        Documents = new DocumentService.DocumentServiceClient(invoker);
        Consents = new ConsentService.ConsentServiceClient(invoker);
        Audit = new AuditService.AuditServiceClient(invoker);
        Access = new AccessService.AccessServiceClient(invoker);
        CareTeams = new CareTeamService.CareTeamServiceClient(invoker);
        Delegations = new DelegationService.DelegationServiceClient(invoker);
        Emergencies = new EmergencyService.EmergencyServiceClient(invoker);
        Facts = new FactService.FactServiceClient(invoker);
        Interactions = new InteractionService.InteractionServiceClient(invoker);
        Search = new SearchService.SearchServiceClient(invoker);
        Codes = new CodeService.CodeServiceClient(invoker);
        Care = new CareService.CareServiceClient(invoker);
        Notices = new NoticeService.NoticeServiceClient(invoker);
        Events = new EventService.EventServiceClient(invoker);
        Wishes = new WishService.WishServiceClient(invoker);
        Entries = new EntryService.EntryServiceClient(invoker);
    }

    /// <summary>
    /// The generated client of the records, with the same channel, tokens, deadlines and retries. It throws
    /// <see cref="RpcException"/>; <see cref="DmpException.From"/> translates.
    /// </summary>
    public RecordService.RecordServiceClient Records { get; }

    /// <summary>
    /// The generated client of the documents, with the same channel and tokens; its streams have neither deadline nor
    /// retries. It throws <see cref="RpcException"/>; <see cref="DmpException.From"/> translates.
    /// </summary>
    public DocumentService.DocumentServiceClient Documents { get; }

    /// <summary>
    /// The generated client of the consents, with the same channel, tokens, deadlines and retries. It throws
    /// <see cref="RpcException"/>; <see cref="DmpException.From"/> translates.
    /// </summary>
    public ConsentService.ConsentServiceClient Consents { get; }

    /// <summary>
    /// The generated client of the trace, with the same channel, tokens, deadlines and retries. It throws
    /// <see cref="RpcException"/>; <see cref="DmpException.From"/> translates.
    /// </summary>
    public AuditService.AuditServiceClient Audit { get; }

    /// <summary>The generated client of explanations, for what the methods of this class do not cover.</summary>
    public AccessService.AccessServiceClient Access { get; }

    /// <summary>The generated client of care teams, for what the methods of this class do not cover.</summary>
    public CareTeamService.CareTeamServiceClient CareTeams { get; }

    /// <summary>The generated client of what patients enter, for what the methods of this class do not cover.</summary>
    public EntryService.EntryServiceClient Entries { get; }

    /// <summary>The generated client of wishes, for what the methods of this class do not cover.</summary>
    public WishService.WishServiceClient Wishes { get; }

    /// <summary>The generated client of delegations, for what the methods of this class do not cover.</summary>
    public DelegationService.DelegationServiceClient Delegations { get; }

    /// <summary>The generated client of emergencies, for what the methods of this class do not cover.</summary>
    public EmergencyService.EmergencyServiceClient Emergencies { get; }

    /// <summary>The generated client of what documents state, for what the methods of this class do not cover.</summary>
    public FactService.FactServiceClient Facts { get; }

    /// <summary>The generated client of the interaction check, for what the methods of this class do not cover.</summary>
    public InteractionService.InteractionServiceClient Interactions { get; }

    /// <summary>The generated client of the search within documents, for what the methods of this class do not cover.</summary>
    public SearchService.SearchServiceClient Search { get; }

    /// <summary>The generated client of code lists, for what the methods of this class do not cover.</summary>
    public CodeService.CodeServiceClient Codes { get; }

    /// <summary>What people who care for a patient ask of a record.</summary>
    public CareService.CareServiceClient Care { get; }

    /// <summary>The generated client of notices, for what the methods of this class do not cover.</summary>
    public NoticeService.NoticeServiceClient Notices { get; }

    /// <summary>
    /// The generated client of the change feed, for what the methods of this class do not cover; its stream has neither deadline nor
    /// retries.
    /// </summary>
    public EventService.EventServiceClient Events { get; }

    /// <summary>
    /// Names the latest state that this client, and those it shares connections with, have made or been told of: empty before
    /// the first change. Hand it to another process, which passes it to <see cref="AddConsistencyToken"/>: no read there meets
    /// an older state. Opaque, without meaning to people, and no secret that opens anything.
    /// </summary>
    /// <remarks>
    /// Answers of changes carry it, and every call sends it by itself; see <see cref="DmpClientOptions.SendConsistencyTokens"/>
    /// to switch that off. Calls of the blocking generated methods send it and do not take the one of their answer.
    /// </remarks>
    public string ConsistencyToken => string.Join(',', options.Seen.Tokens);

    /// <summary>Lets all later calls see at least the state that the <see cref="ConsistencyToken"/> of another process names.</summary>
    /// <param name="token">The token; an empty one changes nothing.</param>
    public void AddConsistencyToken(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        options.Seen.Add(token.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    /// <summary>
    /// Forgets all consistency tokens: after an operator has restored the platform from a backup, changes that are lost would
    /// else be waited for (<c>CONSISTENCY_NOT_REACHED</c>).
    /// </summary>
    public void ForgetConsistencyTokens() => options.Seen.Forget(options.Seen.Tokens);

    /// <summary>
    /// The platform as seen by another identity, over the same connections: one client per logged-in user costs next to
    /// nothing. Disposing the result does not close the connections; disposing this client does.
    /// </summary>
    /// <param name="tokens">The tokens of that identity.</param>
    /// <returns>A client that calls with those tokens.</returns>
    public DmpClient WithTokens(ITokenSource tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return new DmpClient(options, tokens, transport);
    }

    /// <summary>
    /// The platform in one mode of access (<c>dmp-access-mode</c>), over the same connections and with the same tokens. Without it
    /// a call is made in the mode in which the caller has a right on the record, normal before emergencies.
    /// </summary>
    /// <param name="mode">The mode.</param>
    /// <returns>A client whose calls all ask for that mode.</returns>
    public DmpClient WithAccessMode(AccessMode mode)
    {
        var header = mode switch
        {
            AccessMode.Normal => "normal",
            AccessMode.BreakGlass => "break-glass",
            AccessMode.Regulation => "regulation",
            _ => throw new ArgumentOutOfRangeException(nameof(mode)),
        };
        return new DmpClient(options, tokens, transport.Intercept(headers =>
        {
            headers.Add("dmp-access-mode", header);
            return headers;
        }));
    }

    /// <summary>
    /// The same identity in a secret connection (connexion secrète), over the same connections: for a professional and what a
    /// minor keeps from the legal representatives. Consents declared and documents uploaded with the result, and the trace of
    /// its calls, do not exist for representatives and caregivers.
    /// </summary>
    /// <returns>A client whose every call is secret; one that cannot be is refused with SECRET_CONNECTION_NOT_ALLOWED.</returns>
    public DmpClient InSecretConnection() => new(options, tokens, transport.Intercept(metadata =>
    {
        if (metadata.Get(SecretConnection) is null)
        {
            metadata.Add(SecretConnection, "true");
        }
        return metadata;
    }));

    /// <summary>Closes the connections this client opened. A client from dependency injection has none of its own.</summary>
    public void Dispose() => ownChannel?.Dispose();

    private static GrpcChannel OpenChannel(DmpClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var handler = new SoftwareHandler(options)
        {
            InnerHandler = options.HttpHandler ?? new SocketsHttpHandler
            {
                // Pings notice a dead line while a transfer waits; without them it would hang until the stall timeout.
                KeepAlivePingDelay = TimeSpan.FromSeconds(30),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
                EnableMultipleHttp2Connections = true,
            },
        };

        var channelOptions = new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true };
        Configure(options, channelOptions);
        return GrpcChannel.ForAddress(options.Address!, channelOptions);
    }

    internal static void Configure(DmpClientOptions options, GrpcChannelOptions channel)
    {
        channel.MaxReceiveMessageSize = MessageBytesMax;
        // As a client, not as a handler: into a handler the channel puts connections of its own, which fail behind a proxy and do not say
        // which address is dead.
        channel.HttpClient = new HttpClient(channel.HttpHandler!, channel.DisposeHttpClient) { Timeout = Timeout.InfiniteTimeSpan };
        channel.HttpHandler = null;
        // gRPC drops call credentials on plain connections unless told otherwise. Validate() allows those on loopback only.
        channel.UnsafeUseInsecureChannelCallCredentials = options.Address!.Scheme == Uri.UriSchemeHttp;
    }

    private static async Task<TResponse> CallAsync<TRequest, TResponse>(
        Func<TRequest, CallOptions, AsyncUnaryCall<TResponse>> method, TRequest request, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            using var call = method(WithRequestId(request), new CallOptions(cancellationToken: cancellationToken));
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw DmpException.From(failure);
        }
    }

    private static TRequest WithRequestId<TRequest>(TRequest request)
        where TRequest : class, IMessage<TRequest>
    {
        if (request.Descriptor.FindFieldByName("request_id") is not { } field
            || ((string)field.Accessor.GetValue(request)).Length > 0)
        {
            return request;
        }
        var copy = request.Clone();
        field.Accessor.SetValue(copy, NewRequestId());
        return copy;
    }

    // The contract asks for a version 4 UUID here: it is an arbitrary value, not a key that should sort by time.
    internal DmpClientOptions Options => options;

    internal CallToken NewCallToken() => new(tokens);

    internal static string NewRequestId() => Guid.NewGuid().ToString();

    private static async IAsyncEnumerable<TItem> PagesAsync<TRequest, TResponse, TItem>(
        TRequest request,
        Func<TRequest, CancellationToken, Task<TResponse>> call,
        Func<TResponse, (IEnumerable<TItem> Items, string NextPageToken)> read,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>
    {
        ArgumentNullException.ThrowIfNull(request);
        var page = request.Clone();
        var pageToken = page.Descriptor.FindFieldByName("page_token").Accessor;
        while (true)
        {
            var (items, next) = read(await call(page, cancellationToken).ConfigureAwait(false));
            foreach (var item in items)
            {
                yield return item;
            }
            if (next.Length == 0)
            {
                yield break;
            }
            pageToken.SetValue(page, next);
        }
    }
}
