using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dmp.Server.Tests.Fixtures;
using MimeKit;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;
using ServiceProvider = SmtpServer.ComponentModel.ServiceProvider;

namespace Dmp.Server.Tests.Notices.Fixtures;

/// <summary>One e-mail, byte for byte as it came.</summary>
internal sealed record ReceivedMail(string Recipient, byte[] Bytes)
{
    public MimeMessage Message { get; } = MimeMessage.Load(new MemoryStream(Bytes));

    public string NoticeId => Message.MessageId!.Split('@')[0];

    public string Subject => Message.Subject!;
}

/// <summary>A real SMTP server on loopback, which can refuse, hang, and be away.</summary>
internal sealed class MailServer : MessageStore, IMailboxFilter, IUserAuthenticator, IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedMail> received = [];
    private CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public int Port { get; } = TestServer.FreePort();

    public IReadOnlyCollection<ReceivedMail> Received => received;

    /// <summary>How many messages were begun, whatever became of them.</summary>
    public int Attempts { get; private set; }

    /// <summary>The last message came over TLS.</summary>
    public bool WasSecure { get; private set; }

    /// <summary>What it answers to a message for somebody; null takes it.</summary>
    public Func<string, SmtpResponse?> Answer { get; set; } = _ => null;

    /// <summary>Each message waits for this before it is answered.</summary>
    public Func<CancellationToken, Task> Wait { get; set; } = _ => Task.CompletedTask;

    /// <summary>The password of the user <c>dmp</c>, where it asks for one.</summary>
    public string Password { get; set; } = "";

    public string[] Settings =>
    [
        "--Dmp:Notices:Smtp:Host=127.0.0.1",
        string.Create(CultureInfo.InvariantCulture, $"--Dmp:Notices:Smtp:Port={Port}"),
        "--Dmp:Notices:Smtp:Security=None",
        "--Dmp:Notices:From=Dossier <avis@dmp.example>",
    ];

    public static MailServer Start()
    {
        var server = new MailServer();
        server.Open();
        return server;
    }

    public IEnumerable<ReceivedMail> To(string recipient) => received.Where(mail => mail.Recipient == recipient);

    /// <summary>Listens, again after <see cref="CloseAsync"/>.</summary>
    public void Open(Action<EndpointDefinitionBuilder>? change = null)
    {
        stopping = new CancellationTokenSource();
        var options = new SmtpServerOptionsBuilder()
            .ServerName("mail.example")
            .Endpoint(endpoint =>
            {
                endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, Port));
                change?.Invoke(endpoint);
            })
            .Build();
        var services = new ServiceProvider();
        services.Add((IMessageStore)this);
        services.Add((IMailboxFilter)this);
        services.Add((IUserAuthenticator)this);
        running = new SmtpServer.SmtpServer(options, services).StartAsync(stopping.Token);
    }

    /// <summary>Is away: nobody connects.</summary>
    public async Task CloseAsync()
    {
        await stopping.CancelAsync();
        try
        {
            await running;
        }
        catch (Exception end) when (end is not SocketException)
        {
            // It was stopped. That it could not listen at all is told.
        }

        stopping.Dispose();

        // The library lets its listener go some time after it has ended, and the port is taken again.
        await Waiting.UntilAsync(CanListen);
    }

    private bool CanListen()
    {
        try
        {
            using TcpListener listener = new(IPAddress.Loopback, Port);
            listener.Start();
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    public override async Task<SmtpResponse> SaveAsync(
        ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
    {
        var bytes = buffer.ToArray();
        var to = transaction.To.Single();
        var recipient = $"{to.User}@{to.Host}";
        Attempts++;
        WasSecure = context.Pipe.IsSecure;
        await Wait(cancellationToken);
        if (Answer(recipient) is { } refusal)
        {
            return refusal;
        }

        received.Enqueue(new ReceivedMail(recipient, bytes));
        return SmtpResponse.Ok;
    }

    public Task<bool> CanAcceptFromAsync(ISessionContext context, IMailbox from, int size, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
        Task.FromResult(user == "dmp" && password == Password);

    public async ValueTask DisposeAsync() => await CloseAsync();
}
