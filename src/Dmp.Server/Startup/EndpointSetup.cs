using Dmp.Access.V1;
using Dmp.Audit.V1;
using Dmp.CareTeam.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Emergency.V1;
using Dmp.Event.V1;
using Dmp.Notice.V1;
using Dmp.Record.V1;
using Dmp.Server.Pipeline;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Dmp.Server.Startup;

/// <summary>The services, each with the rules of its methods on its endpoints.</summary>
internal static class EndpointSetup
{
    /// <summary>Every service of the contract that this server offers.</summary>
    public static IReadOnlyList<ServiceDescriptor> Services { get; } =
    [
        RecordService.Descriptor,
        DocumentService.Descriptor,
        ConsentService.Descriptor,
        AuditService.Descriptor,
        EmergencyService.Descriptor,
        AccessService.Descriptor,
        CareTeamService.Descriptor,
        DelegationService.Descriptor,
        EventService.Descriptor,
        NoticeService.Descriptor,
    ];

    public static void MapDmp(this WebApplication app, bool withReflection)
    {
        app.UseRouting();
        app.UseMiddleware<AccessGate>();
        Map<Records.RecordService>(app, RecordService.Descriptor);
        Map<Documents.DocumentService>(app, DocumentService.Descriptor);
        Map<Consents.ConsentService>(app, ConsentService.Descriptor);
        Map<Audit.AuditService>(app, AuditService.Descriptor);
        Map<Emergencies.EmergencyService>(app, EmergencyService.Descriptor);
        Map<Explanations.AccessService>(app, AccessService.Descriptor);
        Map<CareTeams.CareTeamService>(app, CareTeamService.Descriptor);
        Map<Delegations.DelegationService>(app, DelegationService.Descriptor);
        Map<Events.EventService>(app, EventService.Descriptor);
        Map<Notices.NoticeService>(app, NoticeService.Descriptor);

        // For load balancers, which have no token; it tells nothing but "serving" or "not serving".
        app.MapGrpcHealthChecksService().AllowAnonymous();
        if (withReflection)
        {
            app.MapGrpcReflectionService().AllowAnonymous();
        }
    }

    private static void Map<TService>(WebApplication app, ServiceDescriptor service)
        where TService : class =>
        MethodRule.AddTo(app.MapGrpcService<TService>(), service);
}
