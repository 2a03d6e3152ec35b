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
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>The generated clients, calling as one caller.</summary>
internal sealed class DmpApi
{
    public DmpApi(GrpcChannel channel, string? token, params (string Key, string Value)[] metadata)
        : this(InvokerOf(channel, token, metadata))
    {
    }

    public DmpApi(CallInvoker invoker)
    {
        Invoker = invoker;
        Records = new RecordService.RecordServiceClient(invoker);
        Documents = new DocumentService.DocumentServiceClient(invoker);
        Consents = new ConsentService.ConsentServiceClient(invoker);
        Audit = new AuditService.AuditServiceClient(invoker);
        Access = new AccessService.AccessServiceClient(invoker);
        CareTeams = new CareTeamService.CareTeamServiceClient(invoker);
        Delegations = new DelegationService.DelegationServiceClient(invoker);
        Emergencies = new EmergencyService.EmergencyServiceClient(invoker);
        Events = new EventService.EventServiceClient(invoker);
        Facts = new FactService.FactServiceClient(invoker);
        Interactions = new InteractionService.InteractionServiceClient(invoker);
        Search = new SearchService.SearchServiceClient(invoker);
        Codes = new CodeService.CodeServiceClient(invoker);
        Care = new CareService.CareServiceClient(invoker);
        Notices = new NoticeService.NoticeServiceClient(invoker);
        Wishes = new WishService.WishServiceClient(invoker);
        Entries = new EntryService.EntryServiceClient(invoker);
    }

    public CallInvoker Invoker { get; }

    public RecordService.RecordServiceClient Records { get; }

    public DocumentService.DocumentServiceClient Documents { get; }

    public ConsentService.ConsentServiceClient Consents { get; }

    public AuditService.AuditServiceClient Audit { get; }

    public EmergencyService.EmergencyServiceClient Emergencies { get; }

    public AccessService.AccessServiceClient Access { get; }

    public CareTeamService.CareTeamServiceClient CareTeams { get; }

    public DelegationService.DelegationServiceClient Delegations { get; }

    public EventService.EventServiceClient Events { get; }

    public FactService.FactServiceClient Facts { get; }

    public InteractionService.InteractionServiceClient Interactions { get; }

    public SearchService.SearchServiceClient Search { get; }

    public CodeService.CodeServiceClient Codes { get; }

    public CareService.CareServiceClient Care { get; }

    public NoticeService.NoticeServiceClient Notices { get; }

    public WishService.WishServiceClient Wishes { get; }

    public EntryService.EntryServiceClient Entries { get; }

    private static CallInvoker InvokerOf(GrpcChannel channel, string? token, (string Key, string Value)[] metadata) => token is null
        ? channel.CreateCallInvoker()
        : channel.Intercept(headers =>
        {
            headers.Add("authorization", $"Bearer {token}");
            foreach (var (key, value) in metadata)
            {
                headers.Add(key, value);
            }

            return headers;
        });
}
